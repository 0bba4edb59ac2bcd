import { describe, expect, test } from '@jest/globals'
import { constantArrivals, poissonArrivals, recordedTimes, traceArrivals } from './arrivals.ts'

test('constant: one every so often, from the beginning', () =>
  expect([...constantArrivals({ perS: 4, seconds: 1 })]).toEqual([0, 250, 500, 750]))

describe('poisson', () => {
  const span = { perS: 1_000, seconds: 60 }
  const times = poissonArrivals(span, 7)

  test('is in order, within the time, and the same for the same seed', () => {
    expect(times.every((atMs, n) => atMs < 60_000 && (n === 0 || atMs >= times[n - 1]!))).toBe(true)
    expect(poissonArrivals(span, 7)).toEqual(times)
    expect(poissonArrivals(span, 8)).not.toEqual(times)
  })

  test('has the rate, and gaps as spread as they are long', () => {
    const gaps = times.slice(1).map((atMs, n) => atMs - times[n]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    // Five standard errors of 60,000 gaps.
    expect(Math.abs(mean - 1)).toBeLessThan(5 / Math.sqrt(60_000))
    expect(Math.abs(deviation / mean - 1)).toBeLessThan(0.05)
  })
})

describe('a trace', () => {
  test('keeps its shape at another rate', () =>
    expect([...traceArrivals([0, 100, 150, 300], { perS: 4, seconds: 1 })].map(Math.round)).toEqual([0, 250, 375, 750]))

  test('begins again when it is too short', () => {
    const times = traceArrivals([0, 100, 150, 300], { perS: 4, seconds: 3 })
    expect(times).toHaveLength(12)
    expect(times[4]! - times[0]!).toBeCloseTo(1_000)
  })

  test('of one time is refused', () => expect(() => traceArrivals([5], { perS: 1, seconds: 1 })).toThrow('two times'))

  test('is the first column of its file', () =>
    expect([...recordedTimes('TIMESTAMP,A\n2023-11-16 18:15:46.6805900,374\n2023-11-16 18:15:50.9951690,396\n')].map((atMs, _, all) => atMs - all[0]!)).toEqual([0, 4_315]))

  test('with something else there names the line', () => expect(() => recordedTimes('T\nnoon\n')).toThrow('line 2'))
})
