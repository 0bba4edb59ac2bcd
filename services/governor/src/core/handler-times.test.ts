import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HandlerTimes } from './handler-times.ts'

const timesOf = (some: readonly number[]): HandlerTimes => {
  const times = new HandlerTimes()
  for (const ms of some) times.add(ms)
  return times
}
const handlerMs = fc.integer({ min: 2, max: 86_400_000 })

test('a quantile is the nearest rank\'s, within 2 %', () =>
  fc.assert(fc.property(fc.array(handlerMs, { minLength: 1, maxLength: 300 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (some, share) => {
    const exact = some.toSorted((a, b) => a - b)[Math.ceil(share * some.length) - 1]!
    expect(Math.abs(timesOf(some).quantile(share)! / exact - 1)).toBeLessThan(0.021)
  })))

test('what is taken away leaves no trace', () =>
  fc.assert(fc.property(fc.array(handlerMs), fc.array(handlerMs), (kept, gone) => {
    const all = timesOf(kept)
    all.addAll(timesOf(gone))
    all.takeAway(timesOf(gone))
    const alone = timesOf(kept)
    expect([all.total, all.quantile(0.95), all.over(1_000)]).toEqual([alone.total, alone.quantile(0.95), alone.over(1_000)])
  })))

test('those over a threshold are counted, but for those within 4 % of it', () =>
  fc.assert(fc.property(fc.array(handlerMs), handlerMs, (some, thresholdMs) => {
    const over = timesOf(some).over(thresholdMs)
    expect(over).toBeGreaterThanOrEqual(some.filter(ms => ms > thresholdMs * 1.04).length)
    expect(over).toBeLessThanOrEqual(some.filter(ms => ms > thresholdMs / 1.04).length)
  })))

test('nothing has no quantile; the shortest and the longest fit', () => {
  expect([timesOf([]).quantile(0.95), timesOf([]).over(0)]).toEqual([null, 0])
  expect(timesOf([0, 0, 1]).quantile(1)).toBe(1)
  expect(timesOf([Number.MAX_SAFE_INTEGER]).quantile(0.95)).toBeGreaterThan(86_400_000)
})
