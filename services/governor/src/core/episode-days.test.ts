import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { countsOf, daysMax, withCounts } from './episode-days.ts'

const dayMs = 86_400_000

test('counts of one day add up, days are told apart, and none is older than thirty', () => {
  let days = withCounts([], { trips: 1 }, 5)
  days = withCounts(days, { trips: 1, callsBlocked: 40 }, dayMs - 1)
  days = withCounts(days, { recoveries: 1 }, dayMs)
  expect(days).toEqual([{ day: 0, trips: 2, recoveries: 0, callsBlocked: 40 }, { day: 1, trips: 0, recoveries: 1, callsBlocked: 0 }])
  expect(countsOf(days, 29 * dayMs)).toEqual({ trips: 2, recoveries: 1, callsBlocked: 40 })
  expect(countsOf(days, 30 * dayMs)).toEqual({ trips: 0, recoveries: 1, callsBlocked: 0 })
  expect(withCounts(days, { trips: 1 }, 31 * dayMs).map(({ day }) => day)).toEqual([31])
})

test('memory is bounded, and nothing of the last thirty days is lost', () =>
  fc.assert(fc.property(fc.array(fc.nat(90), { maxLength: 200 }), some => {
    const inOrder = some.toSorted((a, b) => a - b)
    const days = inOrder.reduce<ReturnType<typeof withCounts>>((so, day) => withCounts(so, { trips: 1 }, day * dayMs), [])
    const last = inOrder.at(-1) ?? 0
    expect(days.length).toBeLessThanOrEqual(daysMax)
    expect(countsOf(days, last * dayMs).trips).toBe(inOrder.filter(day => day > last - daysMax).length)
  })))
