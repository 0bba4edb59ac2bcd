// The workloads that come with it, and what is refused.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { argumentsFrom, workloadNames, workloadsFolder } from './arguments.ts'
import { variantsOf } from './core/variants.ts'
import { dispatchesOf, workloadSchema } from './core/workload.ts'

const read = (name: string): object => parse(readFileSync(join(workloadsFolder, `${name}.yaml`), 'utf8')) as object

test.each(workloadNames())('%s is a workload, and each of its variants', name => {
  const workload = workloadSchema.parse(read(name))
  expect(variantsOf(workload).length).toBeGreaterThan(0)
})

describe('refused, with the place that is wrong', () => {
  const refusal = (changes: object): string => workloadSchema.safeParse({ ...read('smoke'), ...changes }).error?.message ?? ''

  test.each([
    ['shares that do not sum to 1', { priorities: [0.5, 0.1, 0.1, 0.1] }, 'priorities'],
    ['a field nobody knows', { payload: 3 }, 'payload'],
    ['a chain of events', { chainDepth: 3 }, 'requestShare'],
    ['a chain longer than there are agents', { chainDepth: 6, requestShare: 1, agents: { sources: 1, targets: 2 } }, 'fewer targets'],
    ['a plain reader that is to answer', { agents: { sources: 1, targets: 2, reader: 'plain' } }, 'events only']
  ])('%s', (_, changes, place) => expect(refusal(changes)).toContain(place))
})

test('an arrival is as many dispatches as its hops and answers', () => {
  expect(dispatchesOf({ chainDepth: 1, requestShare: 0.2, fanOut: 0 })).toBe(1.2)
  expect(dispatchesOf({ chainDepth: 6, requestShare: 1, fanOut: 0 })).toBe(12)
  expect(dispatchesOf({ chainDepth: 1, requestShare: 0, fanOut: 5 })).toBe(6)
})

describe('arguments', () => {
  test('a workload that is not there names those that are', () => expect(argumentsFrom(['--workload', 'x'])).toMatchObject({ problem: expect.stringContaining('smoke') }))
  test('numbers have bounds', () => expect(argumentsFrom(['--seconds', '0'])).toMatchObject({ problem: '--seconds takes a number from 1 to 3600' }))
  test('what is left out is the workload\'s', () => expect(argumentsFrom([])).toMatchObject({ workload: 'smoke', seconds: undefined, floors: true }))
})
