import { expect, test } from '@jest/globals'
import { timeRange } from './time-range.ts'

const dayMs = 86_400_000
const nowMs = Date.UTC(2026, 10, 22, 10)

test('what is left out is the day up to now, what happened just now included', () => {
  expect(timeRange({}, nowMs, 31)).toEqual({ fromMs: nowMs + 1 - dayMs, toMs: nowMs + 1 })
  expect(timeRange({ toMs: 5 * dayMs }, nowMs, 31)).toEqual({ fromMs: 4 * dayMs, toMs: 5 * dayMs })
  expect(timeRange({ fromMs: nowMs - 5 }, nowMs, 31)).toEqual({ fromMs: nowMs - 5, toMs: nowMs + 1 })
})

test('an empty range and one that runs backward are refused, at the field that is wrong', () => {
  expect(timeRange({ fromMs: 2, toMs: 2 }, nowMs, 31)).toMatchObject({ code: 'INVALID_REQUEST', field: 'from', message: 'must be before `to`' })
  expect(timeRange({ fromMs: 3, toMs: 2 }, nowMs, 31)).toMatchObject({ code: 'INVALID_REQUEST', field: 'from' })
  expect(timeRange({ fromMs: nowMs + 2 }, nowMs, 31)).toMatchObject({ code: 'INVALID_REQUEST', field: 'from', message: expect.stringContaining('future') })
})

test('a range of the bound is taken, a millisecond more is not', () => {
  expect(timeRange({ fromMs: 0, toMs: 31 * dayMs }, nowMs, 31)).toEqual({ fromMs: 0, toMs: 31 * dayMs })
  expect(timeRange({ fromMs: 0, toMs: 31 * dayMs + 1 }, nowMs, 31)).toMatchObject({ code: 'RANGE_TOO_LARGE', field: 'from', message: expect.stringContaining('31 days') })
})
