import { describe, expect, test } from '@jest/globals'
import { dayMs } from './days.ts'
import { daysToDrop, holdsIn, isHeld, type Hold } from './retention.ts'

const nowMs = Date.UTC(2026, 10, 22, 5)
const days = ['2026-11-10', '2026-11-11', '2026-11-12', '2026-11-13', '2026-11-22', '2026-11-25']
const held = (fromMs: number, toMs: number): Hold => ({ holdId: 'h', fromMs, toMs })
const at = (text: string): number => Date.parse(text)

describe('with ten days kept', () => {
  test('a day goes once all of it is older', () => {
    expect(daysToDrop(days, [], 10, nowMs)).toEqual({ drop: ['2026-11-10', '2026-11-11'], held: [] })
    expect(daysToDrop(days, [], 10, at('2026-11-23T00:00:00Z')).drop).toContain('2026-11-12')
    expect(daysToDrop(days, [], 10, at('2026-11-23T00:00:00Z') - 1).drop).not.toContain('2026-11-12')
  })
  test('what is held stays, and is told', () =>
    expect(daysToDrop(days, [held(at('2026-11-11T23:00:00Z'), nowMs)], 10, nowMs)).toEqual({ drop: ['2026-11-10'], held: ['2026-11-11'] }))
})

test('a hold touches a day by its first and by its last instant', () => {
  const [startMs, endMs] = [at('2026-11-11T00:00:00Z'), at('2026-11-12T00:00:00Z')]
  expect([held(endMs - 1, endMs + dayMs), held(startMs - dayMs, startMs), held(startMs + 5, startMs + 5)].map(hold => isHeld('2026-11-11', [hold]))).toEqual([true, true, true])
  expect([held(endMs, endMs + dayMs), held(startMs - dayMs, startMs - 1)].map(hold => isHeld('2026-11-11', [hold]))).toEqual([false, false])
})

test('a released hold holds nothing; one that can\'t be read holds everything', () => {
  expect(holdsIn([{ entity: 'hold/a', after: null }, { entity: 'quota/agent/a', after: { fromMs: 0, toMs: 1 } }])).toEqual([])
  expect(holdsIn([{ entity: 'hold/a', after: { fromMs: 1, toMs: 2, agent: 'x' } }])).toEqual([{ holdId: 'a', fromMs: 1, toMs: 2 }])
  for (const after of ['text', 7, {}, { fromMs: 1 }, { fromMs: 'x', toMs: 2 }]) expect(isHeld('2026-11-11', holdsIn([{ entity: 'hold/a', after }]))).toBe(true)
})
