import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Capacity, type ClassSample, drainAfter, type DrainState, isPressed, nothingMeasured, objectivesMs, pressureOf, waitMsMax } from './pressure.ts'

const capacity: Capacity = { maxConcurrent: 10, handlerMs: 200, promisedMs: 1_000 }
const idle: ClassSample = { waitingRecords: 0, oldestAgeMs: 0, handledRecords: 0 }
const classes = (changes: Partial<Record<0 | 1 | 2 | 3, Partial<ClassSample>>>): ClassSample[] =>
  ([0, 1, 2, 3] as const).map(priority => ({ ...idle, ...changes[priority] }))
const classOf = (priority: number, samples: readonly ClassSample[], drain = nothingMeasured) => pressureOf(samples, capacity, drain, unpressed)[priority]!
const unpressed = [false, false, false, false]
/** Passes of one second each with the same sample. */
const after = (passes: number, samples: readonly ClassSample[], from: DrainState = nothingMeasured): DrainState => {
  let drain = from
  for (let i = 0; i <= passes; i++) drain = drainAfter(drain, samples, samples, capacity, 1_000)
  return drain
}

test('an idle agent has no wait, and drains what its registration allows', () =>
  expect(pressureOf(classes({}), capacity, nothingMeasured, unpressed)).toEqual(
    Array.from({ length: 4 }, () => ({ waitingRecords: 0, oldestAgeMs: 0, drainPerS: 50, expectedWaitMs: 0, isPressed: false }))))

test('what the agent may be handling at this moment does not wait', () =>
  expect(classOf(0, classes({ 0: { waitingRecords: 10, oldestAgeMs: 900 } }))).toMatchObject({ expectedWaitMs: 0, isPressed: false }))

test('what should have been done by now waits, so that an agent that stands still shows with one delivery', () =>
  expect(classOf(1, classes({ 1: { waitingRecords: 1, oldestAgeMs: 5_000 } }))).toMatchObject({ expectedWaitMs: 4_000, isPressed: true }))

test('a flood waits for as long as its measured drain takes', () => {
  const flood = classes({ 3: { waitingRecords: 10_000, handledRecords: 20 } })
  const [, , , p3] = pressureOf(flood, capacity, after(60, flood), unpressed)
  expect(p3!.drainPerS).toBeCloseTo(20, 1)
  expect(p3!.expectedWaitMs).toBeGreaterThan(490_000)
  expect(p3!.expectedWaitMs).toBeLessThan(510_000)
})

test('a trickle of P0 beside a flood of P3 is not taken for slow', () => {
  const both = classes({ 0: { waitingRecords: 2, handledRecords: 3, oldestAgeMs: 150 }, 3: { waitingRecords: 10_000, handledRecords: 47 } })
  const [p0, , , p3] = pressureOf(both, capacity, after(60, both), unpressed)
  expect([p0!.isPressed, p3!.isPressed]).toEqual([false, true])
  expect(p0!.expectedWaitMs).toBeLessThanOrEqual(50)
})

test('a flood of P0 leaves the others a least share', () => {
  const flood = classes({ 0: { waitingRecords: 10_000, handledRecords: 50 }, 3: { waitingRecords: 5 } })
  const [p0, , , p3] = pressureOf(flood, capacity, after(60, flood), unpressed)
  expect(p0!.drainPerS).toBeCloseTo(50, 1)
  expect(p3!.drainPerS).toBeCloseTo(5, 1)
})

test('an agent that stops draining waits longer with each pass', () => {
  const standing = classes({ 2: { waitingRecords: 100, oldestAgeMs: 100 } })
  const waits = [0, 5, 10, 20, 40].map(passes => pressureOf(standing, capacity, after(passes, standing), unpressed)[2]!.expectedWaitMs)
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits.at(-1)).toBeGreaterThan(1_000 * waits[0]!)
})

test('drained, it is measured anew', () => expect(after(1, classes({}), after(40, classes({ 2: { waitingRecords: 100 } })))).toBe(nothingMeasured))

const finite = (max: number) => fc.double({ min: 0, max, noNaN: true })
const perSample = fc.record({ waitingRecords: fc.nat(1e9), oldestAgeMs: finite(1e12), handledRecords: fc.nat(1e9) })
const samples = fc.array(perSample, { minLength: 4, maxLength: 4 })
const capacities = fc.record({ maxConcurrent: fc.nat(100_000), handlerMs: fc.nat(1e7), promisedMs: fc.nat(1e7) })
const passes = fc.array(fc.tuple(samples, fc.oneof(fc.constant(0), fc.constant(-5), finite(1e7))), { minLength: 1, maxLength: 20 })

test('the wait is never negative, never NaN and never without end; the drain is positive', () =>
  fc.assert(fc.property(capacities, passes, (some, sequence) => {
    let drain = nothingMeasured
    let before: ClassSample[] = []
    for (const [now, elapsedMs] of sequence) {
      drain = drainAfter(drain, now, before, some, elapsedMs)
      before = now
      for (const { expectedWaitMs, drainPerS } of pressureOf(now, some, drain, unpressed)) {
        expect(Number.isInteger(expectedWaitMs) && expectedWaitMs >= 0 && expectedWaitMs <= waitMsMax).toBe(true)
        expect(Number.isFinite(drainPerS) && drainPerS > 0).toBe(true)
      }
    }
  })))

test('pressed does not come and go on constant input: it changes at most once', () =>
  fc.assert(fc.property(fc.boolean(), fc.nat(20_000), fc.constantFrom(0, 1, 2, 3), (before, waitMs, priority) => {
    const seen = [before]
    for (let i = 0; i < 10; i++) seen.push(isPressed(seen.at(-1)!, waitMs, priority))
    expect(seen.filter((one, i) => i > 0 && one !== seen[i - 1]).length).toBeLessThanOrEqual(1)
  })))

test('nor does a wait that swings between the two bounds change it', () => {
  const shares = fc.array(fc.double({ min: 0.5001, max: 0.7999, noNaN: true }), { maxLength: 20 })
  fc.assert(fc.property(fc.boolean(), shares, fc.constantFrom(0, 1, 2, 3), (before, some, priority) => {
    for (const share of some) expect(isPressed(before, share * objectivesMs[priority]!, priority)).toBe(before)
  }))
})

test('a constant queue comes to one answer through all of the arithmetic', () =>
  fc.assert(fc.property(samples, capacities, (now, some) => {
    let drain = nothingMeasured
    let pressed = unpressed
    const changes = [0, 0, 0, 0]
    for (let pass = 0; pass < 100; pass++) {
      drain = drainAfter(drain, now, now, some, 1_000)
      const next = pressureOf(now, some, drain, pressed).map(one => one.isPressed)
      next.forEach((one, priority) => { if (pass > 0 && one !== pressed[priority]) changes[priority]!++ })
      pressed = next
    }
    // The rate goes from the assumed one to the measured one without turning back.
    expect(Math.max(...changes)).toBeLessThanOrEqual(2)
  }), { numRuns: 200 }))
