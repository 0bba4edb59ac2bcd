import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BrokerClock } from './broker-clock.ts'

test('the quickest response counts: a slow one doesn\'t set the clock back', () => {
  let nowMs = 100
  const clock = new BrokerClock(1_000_000, () => nowMs)
  nowMs = 200
  // Appended at once, answered 80 ms late.
  clock.observe(1_000_020)
  expect(clock.nowMs()).toBe(1_000_100)
})

test('a broker whose clock was set back is followed in time', () => {
  let nowMs = 0
  const clock = new BrokerClock(1_000_000, () => nowMs)
  for (; nowMs <= 20_000; nowMs += 100) clock.observe(1_000_000 - 10 + nowMs)
  expect(clock.nowMs()).toBeLessThan(1_020_100 - 5)
})

test('property: it never goes back and, with a steady broker, never runs ahead', () => {
  fc.assert(fc.property(fc.array(fc.record({ passMs: fc.nat(500), lateMs: fc.nat(200) }), { minLength: 1 }), steps => {
    let nowMs = 0
    const clock = new BrokerClock(1_000_000, () => nowMs)
    let before = 0
    for (const { passMs, lateMs } of steps) {
      nowMs += passMs
      clock.observe(1_000_000 + nowMs - Math.min(lateMs, nowMs))
      const seen = clock.nowMs()
      expect(seen).toBeGreaterThanOrEqual(before)
      expect(seen).toBeLessThanOrEqual(1_000_000 + nowMs)
      before = seen
    }
  }))
})
