import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooseTake } from './take-policy.ts'

const lanes = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 6 })
const rooms = fc.integer({ min: 1, max: 600 })
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

describe('chooseTake', () => {
  test('never takes more than a lane holds, nor more than there is room (K1), and leaves no room empty (K3)', () => {
    fc.assert(fc.property(lanes, rooms, (waiting, room) => {
      const take = chooseTake(waiting, room)
      take.forEach((count, lane) => expect(count).toBeLessThanOrEqual(waiting[lane]!))
      expect(sum(take)).toBe(Math.min(room, sum(waiting)))
    }))
  })

  test('each waiting lane gets something in every round that has room for it (K2)', () => {
    fc.assert(fc.property(lanes, fc.integer({ min: 30, max: 600 }), (waiting, room) => {
      const take = chooseTake(waiting, room)
      waiting.forEach((records, lane) => { if (records > 0) expect(take[lane]).toBeGreaterThan(0) })
    }))
  })

  test('of lanes that are all full, the more urgent gets more (K2)', () => {
    fc.assert(fc.property(fc.integer({ min: 23, max: 600 }), room => {
      const take = chooseTake([1_000, 1_000, 1_000, 1_000], room)
      expect(take).toEqual(take.toSorted((a, b) => b - a))
      expect(take[0]).toBeGreaterThan(room / 2)
    }))
  })

  test('a room too small for all goes to the most urgent', () => {
    expect(chooseTake([5, 5, 5, 5], 2)).toEqual([2, 0, 0, 0])
  })

  test('what an empty lane doesn\'t need goes to the others', () => {
    expect(chooseTake([3, 0, 0, 900], 100)).toEqual([3, 0, 0, 97])
  })
})
