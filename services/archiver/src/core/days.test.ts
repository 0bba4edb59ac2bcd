import { expect, test } from '@jest/globals'
import { dayMs, dayOf, dayRange, daysAhead, daysBackMax, daysNeeded, isWithinBounds, partitionName } from './days.ts'

const noonMs = Date.UTC(2026, 1, 28, 12)

test('a day is a UTC day and its range is half open, over month ends too', () => {
  expect(dayOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toBe('2026-02-28')
  expect(dayRange('2026-02-28')).toEqual({ from: '2026-02-28T00:00:00Z', to: '2026-03-01T00:00:00Z' })
  expect(partitionName('2026-02-28')).toBe('events_20260228')
})

test('today, three days ahead, and the days that events need', () =>
  expect(daysNeeded(noonMs, [noonMs, noonMs - 9 * dayMs, noonMs, noonMs - 9 * dayMs])).toEqual(['2026-02-19', '2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03']))

test('every instant within the bounds has a day that may be made', () => {
  expect(isWithinBounds(noonMs, noonMs)).toBe(true)
  expect(isWithinBounds(noonMs - daysBackMax * dayMs - 1, noonMs)).toBe(false)
  expect(isWithinBounds(noonMs + daysAhead * dayMs, noonMs)).toBe(false)
})
