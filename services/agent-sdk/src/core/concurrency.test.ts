import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type ConcurrentMember, type Share, shareOut } from './concurrency.ts'

const idle = (...ids: string[]): ConcurrentMember[] => ids.map(memberId => ({ memberId, ownedPartitions: 0, running: 0 }))
const handlers = (shares: Map<string, Share>): number[] => [...shares.values()].map(share => share.handlers)
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
const someMembers = fc.uniqueArray(fc.record({ memberId: fc.string({ minLength: 1, maxLength: 4 }), ownedPartitions: fc.nat(8), running: fc.nat(6) }), {
  selector: member => member.memberId, minLength: 1, maxLength: 12
})
const maxima = fc.integer({ min: 1, max: 30 })
const partitionCounts = fc.integer({ min: 1, max: 16 })

describe('shares of maxConcurrent', () => {
  test.each([
    ['one instance has it all', idle('a'), 10, 16, [10]],
    ['two have half each', idle('a', 'b'), 10, 16, [5, 5]],
    ['what is left over goes to the first', idle('a', 'b', 'c'), 10, 16, [4, 3, 3]],
    ['of more instances than handlers some have none', idle('a', 'b', 'c'), 2, 16, [1, 1, 0]],
    ['of more instances than partitions some have none', idle('a', 'b', 'c'), 10, 2, [5, 5, 0]],
    ['nobody, nothing', [], 10, 16, []]
  ])('%s', (_, members, maxConcurrent, partitions, wanted) => expect(handlers(shareOut(members, maxConcurrent, partitions))).toEqual(wanted))

  test('who has partitions keeps its share before one that has none', () => {
    const shares = shareOut([...idle('a'), { memberId: 'z', ownedPartitions: 8, running: 0 }], 1, 8)
    expect(shares.get('z')).toEqual({ handlers: 1, asksAgainAt: null })
    expect(shares.get('a')).toEqual({ handlers: 0, asksAgainAt: null })
  })

  test('what still runs on one instance is not given to another, and that one asks again when it has ended', () => {
    const shares = shareOut([{ memberId: 'a', ownedPartitions: 16, running: 3 }, ...idle('b', 'c')], 3, 16)
    expect(shares).toEqual(new Map([['a', { handlers: 1, asksAgainAt: 1 }], ['b', { handlers: 0, asksAgainAt: null }], ['c', { handlers: 0, asksAgainAt: null }]]))
  })

  test('what runs where no share is has its end waited for', () => {
    const shares = shareOut([{ memberId: 'a', ownedPartitions: 8, running: 0 }, { memberId: 'b', ownedPartitions: 0, running: 1 }], 1, 8)
    expect(shares).toEqual(new Map([['a', { handlers: 0, asksAgainAt: null }], ['b', { handlers: 1, asksAgainAt: null }]]))
  })

  test('never more handlers than maxConcurrent, counting what runs (C1); somebody has a share (C2)', () => {
    fc.assert(fc.property(someMembers, maxima, partitionCounts, (members, maxConcurrent, partitions) => {
      const shares = shareOut(members, maxConcurrent, partitions)
      const running = sum(members.map(member => member.running))
      const mayRun = members.map(member => Math.max(member.running, shares.get(member.memberId)!.handlers))
      expect(sum(mayRun)).toBeLessThanOrEqual(Math.max(maxConcurrent, running))
      expect(sum(handlers(shares))).toBeLessThanOrEqual(maxConcurrent)
      const sharers = handlers(shares).filter(share => share > 0).length
      expect(sharers).toBeGreaterThan(0)
      expect(sharers).toBeLessThanOrEqual(Math.min(partitions, maxConcurrent))
    }))
  })

  test('even when nobody runs more than its part (C3); else somebody asks again (C4)', () => {
    fc.assert(fc.property(someMembers, maxima, partitionCounts, (members, maxConcurrent, partitions) => {
      const shares = shareOut(members, maxConcurrent, partitions)
      if ([...shares.values()].some(share => share.asksAgainAt !== null)) return
      const given = handlers(shares).filter(share => share > 0)
      expect(given).toHaveLength(Math.min(members.length, partitions, maxConcurrent))
      expect(sum(given)).toBe(maxConcurrent)
      expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(1)
    }))
  })

  test('as handlers end and members ask again, shares become even, and never does more run than may (C1, C4)', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), maxima, partitionCounts, (count, maxConcurrent, partitions) => {
      const newcomers = idle(...Array.from({ length: count - 1 }, (_, index) => `m${index}`))
      let members = [{ memberId: 'first', ownedPartitions: partitions, running: maxConcurrent }, ...newcomers]
      for (let round = 0; round < 3; round++) {
        const shares = shareOut(members, maxConcurrent, partitions)
        // Each fills its share; whoever has more runs on down to where it asks again.
        members = members.map(member => {
          const { handlers: share, asksAgainAt } = shares.get(member.memberId)!
          return { ...member, running: asksAgainAt ?? share, ownedPartitions: share > 0 ? 1 : 0 }
        })
        expect(sum(members.map(member => member.running))).toBeLessThanOrEqual(maxConcurrent)
      }
      expect(sum(members.map(member => member.running))).toBe(maxConcurrent)
    }))
  })

  test('the order of members does not matter (C5)', () => {
    fc.assert(fc.property(someMembers, maxima, partitionCounts, (members, maxConcurrent, partitions) => {
      expect(new Map(shareOut(members.toReversed(), maxConcurrent, partitions))).toEqual(shareOut(members, maxConcurrent, partitions))
    }))
  })
})
