import { describe, expect, test } from '@jest/globals'
import { productionOf, type ProductionTarget } from './production.ts'
import type { OutputRecord, RoundPlan } from './task-logic.ts'

const target: ProductionTarget = { task: 3, changelogTopic: 'changelog', deferredTopic: 'deferred', batchBytesMax: 1_000 }
const plan = (parts: Partial<RoundPlan>): RoundPlan => ({ outputs: [], changelog: [], deferred: [], ...parts })
const output = (partition: number, bytes = 10, more: Partial<OutputRecord> = {}): OutputRecord =>
  ({ topic: 'out', partition, key: 'key', value: Buffer.alloc(bytes), ...more })

describe('productionOf', () => {
  test('everything goes in one wave, own records to the task\'s partition, one batch a partition', () => {
    const waves = productionOf(plan({ outputs: [output(0), output(1), output(0)], changelog: [{ key: 'a', value: Buffer.alloc(1) }], deferred: [{ key: 'a', value: null }] }), target)
    expect(waves.map(wave => wave.map(({ topic, partition, messages }) => [topic, partition, messages.length])))
      .toEqual([[['out', 0, 2], ['out', 1, 1], ['changelog', 3, 1], ['deferred', 3, 1]]])
  })

  test('a plan with nothing to write makes no wave', () => expect(productionOf(plan({}), target)).toEqual([]))

  test('what exceeds a batch of one partition goes into the next wave, in order', () => {
    const waves = productionOf(plan({ outputs: [output(0, 600), output(0, 600, { key: 'second' }), output(1, 10)], changelog: [{ key: 'a', value: null }] }), target)
    expect(waves.map(wave => wave.map(({ partition, messages }) => [partition, ...messages.map(({ key }) => key)])))
      .toEqual([[[0, 'key'], [1, 'key'], [3, 'a']], [[0, 'second']]])
  })

  test('one record larger than a batch is sent alone: the broker decides', () => {
    expect(productionOf(plan({ outputs: [output(0, 5_000)] }), target).map(wave => wave.length)).toEqual([1])
  })

  test('a changelog larger than a batch is refused: its offsets would not be consecutive', () => {
    const changelog = Array.from({ length: 30 }, () => ({ key: 'key', value: Buffer.alloc(20) }))
    expect(() => productionOf(plan({ changelog }), target)).toThrow(expect.objectContaining({ code: 'ROUND_TOO_LARGE' }))
  })

  test.each<[string, OutputRecord]>([
    ['no topic', output(0, 1, { topic: '' })],
    ['a negative partition', output(-1)],
    ['a partition that is no number', output(Number.NaN)],
    ['a value that is no buffer', output(0, 1, { value: 'text' as unknown as Buffer })],
    ['a key that is a number', output(0, 1, { key: 5 as unknown as string })],
    ['a header that is a number', output(0, 1, { headers: { a: 5 as unknown as string } })]
  ])('an output with %s is refused before anything is sent', (_, wrong) => {
    expect(() => productionOf(plan({ outputs: [wrong] }), target)).toThrow(expect.objectContaining({ code: 'OUTPUT_INVALID' }))
  })
})
