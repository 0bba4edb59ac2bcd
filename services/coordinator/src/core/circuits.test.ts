import { describe, expect, test } from '@jest/globals'
import type { Circuit } from '@mesh/schemas'
import fc from 'fast-check'
import { heardMsMax, noCircuits, passage, probesFor } from './circuits.ts'

const at = 1_000_000
const context = { nowMs: at, task: 0, taskCount: 4, decidedBy: 'c', controlOffset: 0, payloadHashKeyId: 'k' }
const target = { name: 'looker', version: '1.0.0' }

function tableWith (state: Circuit['state'], change: Partial<Circuit> = {}) {
  const table = noCircuits()
  table.heardAtMs = at
  const circuit = { agent: 'looker', version: '1.0.0', state, episode: 'e', sinceMs: at, admitShare: 1, probesMax: 0, ...change } as Circuit
  table.byKey.set('looker@1.0.0', circuit)
  return table
}
const none = { tally: () => 0 }

describe('a slow start', () => {
  test.each([0.1, 0.25, 0.5, 0.75, 1])('lets about %d of the dispatches through', admitShare => {
    const table = tableWith('slow_start', { admitShare })
    const ids = Array.from({ length: 5_000 }, (_, n) => `dispatch-${n}`)
    const passed = ids.filter(id => passage(table, target, id, none, context).passes).length / ids.length
    expect(Math.abs(passed - admitShare)).toBeLessThan(0.05)
  })

  test('property: who passes at a share passes at every greater one', () => {
    fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (id, a, b) => {
      const passes = (admitShare: number) => passage(tableWith('slow_start', { admitShare }), target, id, none, context).passes
      expect(passes(Math.min(a, b)) && !passes(Math.max(a, b))).toBe(false)
    }))
  })
})

test('property: the parts of the tasks are the probes of all, however they are dealt', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(200), fc.string(), (taskCount, probesMax, seed) => {
    const parts = Array.from({ length: taskCount }, (_, task) => probesFor({ task, taskCount }, probesMax, seed))
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(probesMax)
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1)
  }))
})

test('the task that gets the only probe changes when the state is published anew', () => {
  const lucky = new Set(Array.from({ length: 50 }, (_, n) => [0, 1, 2, 3].find(task => probesFor({ task, taskCount: 4 }, 1, `e/${at + n * 1_000}`) === 1)))
  expect([...lucky].sort()).toEqual([0, 1, 2, 3])
})

test('a circuit that was last heard of too long ago is unknown', () => {
  const table = tableWith('open')
  expect(passage(table, target, 'd', none, { ...context, nowMs: at + heardMsMax }).passes).toBe(false)
  expect(passage(table, target, 'd', none, { ...context, nowMs: at + heardMsMax + 1 })).toEqual({ passes: true, use: null })
})

test('one version that is cut off says nothing of another', () => {
  expect(passage(tableWith('open'), { name: 'looker', version: '2.0.0' }, 'd', none, context)).toEqual({ passes: true, use: null })
})
