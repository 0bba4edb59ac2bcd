import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isSame } from './anomaly.ts'
import { check } from './check.ts'
import type { Entry } from './history.ts'
import { rightHistory } from './made-up-history.ts'
import { randomOf } from './random.ts'
import { shrink } from './shrink.ts'

test('what is left shows the same anomaly, and nothing less does', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), seed => {
    const random = randomOf(seed)
    const { entries } = rightHistory(random, 12)
    const dropped = random.pick(entries.filter(({ kind }) => kind === 'audit' || kind === 'delivery'))
    const history = entries.filter(entry => entry !== dropped)
    const [anomaly] = check(history)
    const smallest = shrink(history, anomaly!)
    expect(smallest.length).toBeLessThan(history.length)
    const shows = (part: readonly Entry[]) => check(part).some(other => isSame(anomaly!, other))
    expect(shows(smallest)).toBe(true)
    for (const entry of smallest) expect(shows(smallest.filter(other => other !== entry))).toBe(false)
  }), { numRuns: 50 })
})

test('two records are enough to show that one came too early', () => {
  const { entries } = rightHistory(randomOf('order'), 8)
  const history = [...entries, ...[9, 4].map((nextOffset, n): Entry =>
    ({ kind: 'commit', topic: '__consumer_offsets', partition: 3, offset: n, atMs: n, fate: 'committed', group: 'g', of: 't/0', nextOffset }))]
  const [anomaly] = check(history)
  expect(anomaly).toMatchObject({ kind: 'offset-backwards', key: 'g t/0' })
  expect(shrink(history, anomaly!)).toHaveLength(2)
})
