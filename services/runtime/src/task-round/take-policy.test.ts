import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type LaneState, sharesOf, TakePolicy } from './take-policy.ts'

const records = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3_000 }))
const lane = fc.record({ records, oldestAgeMs: fc.integer({ min: 0, max: 120_000 }) })
const lanes = fc.array(lane, { minLength: 1, maxLength: 6 })
const rooms = fc.integer({ min: 1, max: 600 })
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
const full = (...ages: number[]): LaneState[] => ages.map(oldestAgeMs => ({ records: 1_000_000, oldestAgeMs }))
const one = (take: readonly number[]): number => take.indexOf(1)

describe('shares', () => {
  test('sum to one, and each lane that waits has one (K3)', () => {
    fc.assert(fc.property(lanes, states => {
      const shares = sharesOf(states)
      expect(sum(shares)).toBeCloseTo(states.some(state => state.records > 0) ? 1 : 0)
      states.forEach((state, index) => expect(shares[index]! > 0).toBe(state.records > 0))
    }))
  })

  test('lane 0 has fifteen sixteenths while others wait, and all of it alone (K2)', () => {
    expect(sharesOf(full(0, 0, 0, 0))[0]).toBe(15 / 16)
    expect(sharesOf([{ records: 1, oldestAgeMs: 0 }, { records: 0, oldestAgeMs: 0 }])).toEqual([1, 0])
  })

  test('a lane counts more the longer its oldest record waits, up to its bound (K3)', () => {
    fc.assert(fc.property(lanes, fc.nat({ max: 200_000 }), fc.nat(), (states, moreMs, at) => {
      const index = at % states.length
      const older = states.map((state, i) => i === index ? { ...state, oldestAgeMs: state.oldestAgeMs + moreMs } : state)
      expect(sharesOf(older)[index]!).toBeGreaterThanOrEqual(sharesOf(states)[index]! - 1e-12)
    }))
    expect(sharesOf(full(0, 0, 0, 1e12))).toEqual(sharesOf(full(0, 0, 0, 1e9)))
  })

  test('of lanes 1 to 3 each may go ahead of the ones before when it has waited long for its kind', () => {
    const [, ...fresh] = sharesOf(full(0, 0, 0, 0))
    expect(fresh).toEqual(fresh.toSorted((a, b) => b - a))
    const waited = sharesOf(full(0, 0, 30_000, 0))
    expect(waited[2]).toBeGreaterThan(waited[1]!)
    const last = sharesOf(full(0, 0, 0, 100_000))
    expect(last[3]).toBeGreaterThan(last[1]!)
  })
})

describe('taking', () => {
  test('never more than a lane holds, and as much as there is room for (K1)', () => {
    fc.assert(fc.property(fc.array(fc.tuple(lanes, rooms), { maxLength: 5 }), rounds => {
      const policy = new TakePolicy()
      for (const [states, room] of rounds) {
        const take = policy.take(states, room)
        take.forEach((count, index) => expect(count).toBeLessThanOrEqual(states[index]!.records))
        expect(sum(take)).toBe(Math.min(room, sum(states.map(state => state.records))))
      }
    }))
  })

  test('lane 0 gets fifteen picks in a row at most while others wait, whatever the rooms (K2)', () => {
    const rests = fc.array(lane, { minLength: 3, maxLength: 3 }).filter(rest => rest.some(state => state.records > 0))
    fc.assert(fc.property(fc.array(rests, { minLength: 1, maxLength: 40 }), rounds => {
      const policy = new TakePolicy()
      let inARow = 0
      for (const rest of rounds) {
        const urgentFirst = policy.take([{ records: 1_000, oldestAgeMs: 0 }, ...rest], 1)[0] === 1
        inARow = urgentFirst ? inARow + 1 : 0
        expect(inARow).toBeLessThanOrEqual(15)
      }
      // Rooms of more than one record, begun where the picks above have ended.
      const [urgent] = policy.take(full(0, 0), 160)
      expect(urgent).toBe(150)
    }))
  })

  test('lanes that stay full get their shares, in one large room as in many of one record (K3, K4)', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 4, maxLength: 4 }), ages => {
      const states = full(...ages)
      const shares = sharesOf(states)
      const picks = 3_200
      const [large, small] = [new TakePolicy(), new TakePolicy()]
      const atOnce = large.take(states, picks)
      const oneByOne = shares.map(() => 0)
      for (let pick = 0; pick < picks; pick++) oneByOne[one(small.take(states, 1))]!++
      expect(oneByOne).toEqual(atOnce)
      atOnce.forEach((count, index) => expect(Math.abs(count - shares[index]! * picks)).toBeLessThanOrEqual(4))
    }), { numRuns: 20 })
  })

  test('no lane waits for ever, whatever comes and goes beside it (K3)', () => {
    // The least share of all: one of 16 picks is left, and of that 1 : (4 + 2) · 8 + 1. Twice, for what others are owed when it comes.
    const waitMax = 2 * 16 * 49
    const beside = fc.array(fc.array(lane, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(beside, fc.integer({ min: 1, max: 3 }), (steps, waiting) => {
      const policy = new TakePolicy()
      let waited = 0
      for (let pick = 0; pick < 3 * waitMax; pick++) {
        const states = steps[pick % steps.length]!.map((state, index) => index === waiting ? { records: 1, oldestAgeMs: 0 } : state)
        waited = one(policy.take(states, 1)) === waiting ? 0 : waited + 1
        expect(waited).toBeLessThanOrEqual(waitMax)
      }
    }), { numRuns: 8 })
  })

  test('lane 0 goes first, and what it leaves is for the others', () => {
    const waiting = [3, 0, 0, 900].map(count => ({ records: count, oldestAgeMs: 0 }))
    expect(new TakePolicy().take(waiting, 100)).toEqual([3, 0, 0, 97])
    expect(one(new TakePolicy().take(full(0, 60_000, 60_000, 60_000), 1))).toBe(0)
  })
})
