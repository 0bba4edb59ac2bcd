import { expect, test } from '@jest/globals'
import type { ClassPressure, Pressure } from '@mesh/schemas'
import { unknownAfterMs, whatToSay } from './announcing.ts'

const calm: ClassPressure = { waitingRecords: 0, oldestAgeMs: 0, drainPerS: 50, expectedWaitMs: 0, isPressed: false }
const busy: ClassPressure = { waitingRecords: 1_000, oldestAgeMs: 30_000, drainPerS: 50, expectedWaitMs: 20_000, isPressed: true }
const pressure = (p0: ClassPressure): Pressure => ({ agent: 'looker', atMs: 1, classes: [p0, calm, calm, calm], health: 'healthy', instances: 1 })
const known = (one: Pressure) => new Map([[one.agent, one]])
const say = (now: ClassPressure, said: ClassPressure | undefined) =>
  whatToSay(known(pressure(now)), said === undefined ? new Map() : known(pressure(said)), new Map([['looker', 0]]), 0).puts.length

test('what the topic says already is not said again', () => expect([say(calm, calm), say(busy, busy)]).toEqual([0, 0]))
test('an agent of which nothing was said is said', () => expect(say(calm, undefined)).toBe(1))
test('pressed or not is said, however little else moved', () => expect(say({ ...busy, isPressed: false }, busy)).toBe(1))
test('something or nothing is said', () => expect([say({ ...calm, waitingRecords: 1 }, calm), say(calm, { ...calm, waitingRecords: 1 })]).toEqual([1, 1]))

test('health and the number of instances are said', () => {
  const saying = (changes: Partial<Pressure>) => whatToSay(known({ ...pressure(calm), ...changes }), known(pressure(calm)), new Map([['looker', 0]]), 0).puts.length
  expect([saying({ health: 'stalled' }), saying({ instances: 2 }), saying({})]).toEqual([1, 1, 0])
})

test('a few percent are not worth a record, more are', () => {
  expect([say({ ...busy, waitingRecords: 1_049 }, busy), say({ ...busy, waitingRecords: 1_051 }, busy)]).toEqual([0, 1])
  expect([say({ ...busy, oldestAgeMs: 31_000 }, busy), say({ ...busy, expectedWaitMs: 10_000 }, busy)]).toEqual([0, 1])
  expect([say({ ...calm, oldestAgeMs: 30 }, calm), say({ ...calm, oldestAgeMs: 60 }, calm)]).toEqual([0, 1])
})

test('an agent that is gone, or not measured for long, is taken away', () => {
  const said = new Map([...known(pressure(calm)), ['gone', { ...pressure(calm), agent: 'gone' }]])
  const gone = (atMs: number) => whatToSay(new Map(), said, new Map([['looker', 0]]), atMs).gone
  expect([gone(unknownAfterMs), gone(unknownAfterMs + 1)]).toEqual([['gone'], ['looker', 'gone']])
})
