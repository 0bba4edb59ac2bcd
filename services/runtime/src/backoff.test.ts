import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { backoffMs } from './backoff.ts'

const bounds = { firstMs: 100, mostMs: 5_000 }

test('doubles from the first pause up to the longest', () => {
  expect([1, 2, 3, 6, 7, 8].map(attempt => backoffMs(attempt, bounds, 0.5))).toEqual([100, 200, 400, 3_200, 5_000, 5_000])
})

test('varies by a fifth, so that those who failed together come back apart', () => {
  expect([backoffMs(1, bounds, 0), backoffMs(1, bounds, 1)]).toEqual([80, 120])
})

test('is never longer than the longest pause and a fifth', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
    const pauseMs = backoffMs(attempt, bounds, random)
    expect(pauseMs).toBeGreaterThanOrEqual(80)
    expect(pauseMs).toBeLessThanOrEqual(6_000)
  }))
})
