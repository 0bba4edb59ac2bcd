import { expect, test } from '@jest/globals'
import type { LogRequest, ReaderRecord } from '@mesh/runtime'
import fc from 'fast-check'
import { readBackwards } from './log-backwards.ts'

/** A log with these offsets in it, and nothing between them; some of `perRead` records an answer. */
function logOf (offsets: readonly number[], endOffset: number, perRead: number) {
  return {
    read: async ([request]: readonly LogRequest[]) => {
      const { topic, partition, offset } = request!
      const some = offsets.filter(one => one >= offset).slice(0, perRead)
      const records = some.map(one => ({ topic, partition, offset: one }) as ReaderRecord)
      const nextOffset = some.length === perRead ? some.at(-1)! + 1 : endOffset
      return [{ topic, partition, records, nextOffset, endOffset }]
    }
  }
}

test('backwards, in windows, each record comes once and the newest come first, whatever the gaps', () =>
  fc.assert(fc.asyncProperty(
    fc.uniqueArray(fc.nat(3_000)), fc.integer({ min: 1, max: 40 }), fc.nat(3_500), fc.integer({ min: 1, max: 60 }),
    async (some, perRead, offsetsMax, wanted) => {
      const offsets = some.sort((a, b) => a - b)
      const endOffset = 3_001
      const seen: number[] = []
      const stretch = { topic: 't', partition: 0, lowOffset: 0, endOffset, offsetsMax }
      const isBounded = await readBackwards(logOf(offsets, endOffset, perRead), stretch, ({ offset }) => offset, picked => {
        expect([...picked].sort((a, b) => a - b)).toEqual(picked)
        expect(Math.max(-1, ...picked)).toBeLessThan(Math.min(Infinity, ...seen))
        seen.push(...picked)
        return seen.length >= wanted
      })
      const within = offsets.filter(offset => offset >= endOffset - offsetsMax)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.length).toBeGreaterThanOrEqual(Math.min(wanted, within.length))
      expect(seen.every(offset => within.includes(offset))).toBe(true)
      if (isBounded) expect(seen.length).toBe(within.length)
    }), { numRuns: 100 }))
