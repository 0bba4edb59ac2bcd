import { expect, test } from '@jest/globals'
import { BrokerClock, observationWindowMs } from './broker-clock.ts'

test('before anything was seen, no time is known', () => expect(new BrokerClock().nowMs(5)).toBeUndefined())

test('time goes on from the last sight', () => {
  const clock = new BrokerClock()
  clock.observe(1_000, 10)
  expect(clock.nowMs(60)).toBe(1_050)
})

test('a record that was read late does not set the clock back', () => {
  const clock = new BrokerClock()
  clock.observe(1_000, 10)
  clock.observe(1_000, 500)
  expect(clock.nowMs(510)).toBe(1_500)
})

test('the tightest bound counts', () => {
  const clock = new BrokerClock()
  clock.observe(1_000, 30)
  clock.observe(1_010, 30)
  expect(clock.nowMs(30)).toBe(1_010)
})

test('a broker clock that was set back is believed after two windows', () => {
  const clock = new BrokerClock()
  clock.observe(1_000_000, 0)
  clock.observe(500, observationWindowMs)
  expect(clock.nowMs(observationWindowMs)).toBe(1_000_000 + observationWindowMs)
  clock.observe(500 + observationWindowMs, 2 * observationWindowMs)
  expect(clock.nowMs(2 * observationWindowMs)).toBe(500 + observationWindowMs)
})
