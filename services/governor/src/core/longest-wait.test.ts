import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bucketMs, LongestWait } from './longest-wait.ts'

test('nothing heard, nothing said', () => expect(new LongestWait().waitedMs(7)).toBeNull())

test('L1: what was heard within a bucket counts, what is older than two does not', () => {
  const waits = fc.array(fc.record({ waitedMs: fc.nat(60_000), afterMs: fc.nat(2 * bucketMs) }), { maxLength: 20 })
  fc.assert(fc.property(waits, fc.nat(3 * bucketMs), (heard, laterMs) => {
    const longest = new LongestWait()
    let nowMs = 1_000_000
    const all = heard.map(({ waitedMs, afterMs }) => {
      nowMs += afterMs
      longest.add(waitedMs, nowMs)
      return { waitedMs, atMs: nowMs }
    })
    nowMs += laterMs
    const maxOf = (ms: number) => all.filter(({ atMs }) => nowMs - atMs < ms).reduce<number | null>((max, { waitedMs }) => Math.max(max ?? 0, waitedMs), null)
    const said = longest.waitedMs(nowMs)
    expect(said ?? -1).toBeGreaterThanOrEqual(maxOf(bucketMs) ?? -1)
    expect(said ?? -1).toBeLessThanOrEqual(maxOf(2 * bucketMs) ?? -1)
  }))
})
