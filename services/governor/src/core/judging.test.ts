import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HandlerTimes } from './handler-times.ts'
import { isSlow, judge } from './judging.ts'

const slaP95Ms = 200
const totals = (calls: number, errors: number, handlerMs: readonly number[] = []) => {
  const times = new HandlerTimes()
  for (const ms of handlerMs) times.add(ms)
  return { calls, errors, times }
}
const judged = (calls: number, errors: number, handlerMs: readonly number[] = []) => judge(totals(calls, errors, handlerMs), slaP95Ms, 10)
const all = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms)

test('one failure of two says nothing, nor do nine of nine', () => expect([judged(2, 1), judged(9, 9)]).toEqual([null, null]))
test('no number of calls below the least says anything', () =>
  fc.assert(fc.property(fc.integer({ min: 0, max: 9 }), fc.nat(9), (calls, errors) => {
    expect(judged(calls, Math.min(calls, errors), all(calls, 90_000))).toBeNull()
  })))
test('all of ten failed', () => expect(judged(10, 10)).toBe('ERROR_RATE'))
test('one in five failed: forty calls show it', () => expect([judged(20, 4), judged(40, 8)]).toEqual([null, 'ERROR_RATE']))
test('one in ten failed is what is allowed, however many the calls', () => expect(judged(100_000, 10_000)).toBeNull())
test('with many calls, little over one in ten is seen', () => expect(judged(20_000, 2_200)).toBe('ERROR_RATE'))
test('handlers at 1.3 times the promise are too slow, at 1.1 times they are not', () =>
  expect([judged(20, 0, all(20, 260)), judged(1_000, 0, all(1_000, 220))]).toEqual(['HANDLER_P95', null]))
test('so few handlers have no 95th percentile', () => expect(judged(19, 0, all(19, 10_000))).toBeNull())
test('one in ten at 1.3 times the promise is a p95 of 1.3 times', () => expect(judged(200, 0, [...all(180, 20), ...all(20, 260)])).toBe('HANDLER_P95'))
test('one in thirty is not, however slow', () => expect(judged(3_000, 0, [...all(2_900, 20), ...all(100, 90_000)])).toBeNull())
test('a slow probe is over 1.2 times the promise; unknown is not slow', () =>
  expect([isSlow(240, 200), isSlow(241, 200), isSlow(null, 200)]).toEqual([false, true, false]))

/** Times that spread as waits do in practice (log-normal, deviation 0.5), with this p95. */
const spread = (seed: number, count: number, p95Ms: number): number[] => {
  let state = seed
  const next = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
  const normal = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
  return Array.from({ length: count }, () => p95Ms * Math.exp(0.5 * (normal() - 1.645)))
}

test('times that spread: a p95 of 1.3 times the promise is seen in four thousand calls, one of 1.1 times hardly ever, in any number', () => {
  const tripped = (count: number, factor: number) => Array.from({ length: 120 }, (_, i) => judged(count, 0, spread(7_919 * (i + 1), count, factor * slaP95Ms)))
    .filter(reason => reason !== null).length / 120
  expect(tripped(4_000, 1.3)).toBeGreaterThan(0.9)
  for (const count of [20, 40, 100, 400, 4_000]) expect(tripped(count, 1.1)).toBeLessThanOrEqual(0.01)
})
