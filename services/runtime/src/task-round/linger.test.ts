import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { lingerMs } from './linger.ts'

const bounds = { gapsMs: [0, 5, 20], recordsMin: 100 }

test.each([
  ['a record of lane 0 begins a round at once', [1, 50, 0, 9], 0, 0],
  ['the most urgent lane that waits says how long', [0, 1, 0, 9], 2, 3],
  ['the last gap holds for the lanes that follow', [0, 0, 0, 9], 2, 18],
  ['what is due without a record waits as the last lane does', [0, 0, 0, 0], 2, 18],
  ['after a pause nothing waits', [0, 0, 0, 1], 20, 0],
  ['as many as are worth a round don\'t wait', [0, 40, 0, 60], 0, 0]
])('%s', (_, waiting, sinceCommitMs, expected) => expect(lingerMs(waiting, sinceCommitMs, bounds)).toBe(expected))

test('the wait is never longer than the longest gap, and over when it has passed', () => {
  fc.assert(fc.property(fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }), fc.nat(100), (waiting, sinceCommitMs) => {
    const waitMs = lingerMs(waiting, sinceCommitMs, bounds)
    expect(waitMs).toBeGreaterThanOrEqual(0)
    expect(waitMs).toBeLessThanOrEqual(20)
    expect(lingerMs(waiting, sinceCommitMs + waitMs, bounds)).toBe(0)
  }))
})
