import { expect, test } from '@jest/globals'
import { BrokerClock } from './broker-clock.ts'

test('goes on from the last append time, by monotonic time', () => {
  let monotonicMs = 500
  const clock = new BrokerClock(10_000, () => monotonicMs)
  monotonicMs = 530
  expect(clock.nowMs()).toBe(10_030)
  clock.observe(10_100)
  monotonicMs = 540
  expect(clock.nowMs()).toBe(10_110)
})

test('never goes back, even when the broker\'s clock does', () => {
  const clock = new BrokerClock(10_000, () => 0)
  expect(clock.nowMs()).toBe(10_000)
  clock.observe(9_000)
  expect(clock.nowMs()).toBe(10_000)
})
