import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ProgressPace, tellsPerIdleTimeout } from './progress-pace.ts'

test('a request that never expires idly is told nothing of', () => expect(new ProgressPace(null).tells(0)).toBe(false))

test('the first word is told at once, the next after a quarter of the idle timeout', () => {
  const pace = new ProgressPace(1_000)
  expect([10, 11, 259, 260, 300].map(nowMs => pace.tells(nowMs))).toEqual([true, false, false, true, false])
})

test('however often it is said, it is told at most four times in any idle timeout, and never less than every other quarter', () => {
  fc.assert(fc.property(fc.integer({ min: 4, max: 10_000 }), fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (idleTimeoutMs, pauses) => {
    const pace = new ProgressPace(idleTimeoutMs)
    let nowMs = 0
    const told: number[] = []
    for (const pauseMs of pauses) {
      nowMs += pauseMs
      if (pace.tells(nowMs)) told.push(nowMs)
      else expect(nowMs - told.at(-1)!).toBeLessThan(idleTimeoutMs / tellsPerIdleTimeout)
    }
    told.forEach((atMs, index) => expect((told[index + tellsPerIdleTimeout] ?? Infinity) - atMs).toBeGreaterThanOrEqual(idleTimeoutMs))
  }))
})
