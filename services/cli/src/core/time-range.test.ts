import { expect, test } from '@jest/globals'
import { daysOf, rangeProblem, wholeDay, zonedInstantMs } from './time-range.ts'

const nowMs = Date.UTC(2026, 10, 22, 12)

test.each([
  ['2h', nowMs - 7_200_000], ['2026-11-22', Date.UTC(2026, 10, 22)], ['2026-11-22T08:00Z', Date.UTC(2026, 10, 22, 8)], ['2026-11-22T08:00:01.5+02:00', Date.UTC(2026, 10, 22, 6, 0, 1, 500)]
])('%s is an instant', (text, expected) => expect(zonedInstantMs(text, nowMs)).toBe(expected))

test.each(['2026-11-22T08:00', '2026-11-22T08:00:00', 'yesterday', '2026-13-01', '', '22.11.2026'])('%s is none', text => expect(zonedInstantMs(text, nowMs)).toBeUndefined())

test('a range is cut at midnight, UTC', () => {
  expect(daysOf({ fromMs: nowMs, toMs: nowMs + 86_400_000 })).toEqual([
    { day: '2026-11-22', fromMs: nowMs, toMs: Date.UTC(2026, 10, 23) }, { day: '2026-11-23', fromMs: Date.UTC(2026, 10, 23), toMs: nowMs + 86_400_000 }
  ])
  expect(daysOf(wholeDay('2026-11-22'))).toEqual([wholeDay('2026-11-22')])
})

test('a range must go forward and be bounded', () => {
  expect(rangeProblem({ fromMs: 2, toMs: 1 }, 1)).toContain('before')
  expect(rangeProblem({ fromMs: 0, toMs: 2 * 86_400_000 }, 1)).toContain('longer')
  expect(rangeProblem({ fromMs: 0, toMs: 86_400_000 }, 1)).toBeUndefined()
})
