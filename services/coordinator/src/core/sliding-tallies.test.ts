import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SlidingTallies, tallyWindowMs } from './sliding-tallies.ts'

test('property: what happened in the window is counted, what is older than two is not', () => {
  fc.assert(fc.property(fc.array(fc.nat(tallyWindowMs), { minLength: 1, maxLength: 60 }), gaps => {
    const tallies = new SlidingTallies()
    const times: number[] = []
    let nowMs = 0
    for (const gap of gaps) {
      tallies.add('x', nowMs += gap)
      times.push(nowMs)
      const counted = tallies.count('x', nowMs)
      expect(counted).toBeGreaterThanOrEqual(times.filter(time => time > nowMs - tallyWindowMs).length)
      expect(counted).toBeLessThanOrEqual(times.filter(time => time > nowMs - 2 * tallyWindowMs).length)
    }
  }))
})

test('what has no room begins a new half early: counts are too low then, not too high', () => {
  const tallies = new SlidingTallies()
  tallies.add('kept', 0)
  for (let n = 0; n < 120_000; n++) tallies.add(`n${n}`, 1)
  expect(tallies.count('kept', 1)).toBe(0)
  expect(tallies.count('n119999', 1)).toBe(1)
})

test('nothing is counted after a time in which nothing was added', () => {
  const tallies = new SlidingTallies()
  tallies.add('x', 0)
  expect([tallies.count('x', tallyWindowMs), tallies.count('x', 2 * tallyWindowMs)]).toEqual([1, 0])
})
