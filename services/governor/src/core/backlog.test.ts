import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { handledSince, type InboxChunk, waitingIn } from './backlog.ts'

const chunk = (changes: Partial<InboxChunk> = {}): InboxChunk =>
  ({ fromOffset: 10, nextOffset: 20, endOffset: 20, recordOffsets: [10, 12, 14, 16], oldestAppendedAtMs: 0, ...changes })

test('a chunk that covers the lag gives the exact count, whatever markers lie in it', () => {
  expect(waitingIn(chunk())).toBe(4)
  expect(waitingIn(chunk({ recordOffsets: [] }))).toBe(0)
})

test('what lies behind the chunk counts with the chunk\'s density', () =>
  expect(waitingIn(chunk({ endOffset: 1_020 }))).toBe(4 + 400))

test('a chunk that ends with a delivery has its marker behind it', () => {
  const one = chunk({ fromOffset: 10, nextOffset: 11, recordOffsets: [10], endOffset: 10 + 2 * 7 })
  expect([waitingIn(one), waitingIn({ ...one, endOffset: 11 })]).toEqual([7, 1])
  expect([handledSince(one, 11), handledSince(one, 12), handledSince(one, 14)]).toEqual([1, 1, 2])
})

test('a chunk of nothing but markers counts half of what lies behind it', () =>
  expect(waitingIn(chunk({ recordOffsets: [], endOffset: 120 }))).toBe(50))

test('handled is what of the chunk was passed, and behind it by density', () => {
  expect([9, 10, 11, 13, 17, 20].map(offset => handledSince(chunk(), offset))).toEqual([0, 0, 1, 2, 4, 4])
  expect(handledSince(chunk(), 30)).toBe(8)
})

const gapsOf = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 50 })
const chunks = fc.record({ from: fc.nat(1e9), gaps: gapsOf, tail: fc.nat(5), behind: fc.nat(1e6) }).map(({ from, gaps, tail, behind }) => {
  const recordOffsets: number[] = []
  let at = from
  for (const gap of gaps) {
    recordOffsets.push(at)
    at += gap
  }
  return chunk({ fromOffset: from, nextOffset: at + tail, endOffset: at + tail + behind, recordOffsets })
})

test('counts are whole, never negative and never more than there are offsets', () =>
  fc.assert(fc.property(chunks, fc.integer({ min: -10, max: 2e9 }), (some, committed) => {
    const waiting = waitingIn(some)
    const handled = handledSince(some, committed)
    expect(Number.isInteger(waiting) && waiting >= 0 && waiting <= some.endOffset - some.fromOffset).toBe(true)
    expect(Number.isInteger(handled) && handled >= 0 && handled <= Math.max(0, committed - some.fromOffset)).toBe(true)
  })))

test('what was handled and what still waits make what waited', () =>
  fc.assert(fc.property(chunks, fc.nat(300), (some, passed) => {
    const whole = { ...some, endOffset: some.nextOffset }
    const committed = Math.min(whole.endOffset, whole.fromOffset + passed)
    const rest = { ...whole, fromOffset: committed, recordOffsets: whole.recordOffsets.filter(offset => offset >= committed) }
    expect(handledSince(whole, committed) + waitingIn(rest)).toBe(waitingIn(whole))
  })))
