// How long a delivery will wait, from what waits and how fast it is handled.
//
// Invariants:
//   W1. Deliveries that the agent may be handling at this moment (maxConcurrent, over all classes and instances) don't wait;
//       but one that should have been done by now (slaP95Ms) does, so an agent that stands still shows by age alone.
//   W2. Only a class that can't all be running is measured by what was handled of it; of any other one, few were handled
//       because few came. It counts with what it may take: all for P0, a least share for the rest.
//   W3. The wait is whole, never negative, never more than waitMsMax, whatever the input.
//   W4. Pressed begins at 80 % of the class's objective and ends at 50 %; between them it stays, so a constant wait can't
//       make it come and go.
//   W5. Where nothing waits, what was measured is forgotten: the agent may have other instances by the next flood.
import type { ClassPressure } from '@mesh/schemas'

export interface Capacity {
  readonly maxConcurrent: number
  /** Typical handler time. */
  readonly handlerMs: number
  /** When a handler should be done. */
  readonly promisedMs: number
}

export interface ClassSample {
  readonly waitingRecords: number
  readonly oldestAgeMs: number
  /** Since the sample before. */
  readonly handledRecords: number
}

/** What was measured while more waited than the agent can handle at once; empty before. */
export interface DrainState {
  readonly wasSaturated: boolean
  readonly totalPerS: number | undefined
  readonly classPerS: readonly (number | undefined)[]
}

/** Longest time from append to handler, by priority. */
export const objectivesMs = [200, 500, 2_000, 10_000] as const
export const nothingMeasured: DrainState = { wasSaturated: false, totalPerS: undefined, classPerS: [] }

const enterShare = 0.8
const leaveShare = 0.5
const smoothingMs = 5_000
const leastShare = 0.1
const perSMin = 0.001
/** Two passes closer than this say nothing of a rate. */
const elapsedMsMin = 1
export const waitMsMax = 24 * 60 * 60 * 1_000

export function pressureOf (samples: readonly ClassSample[], capacity: Capacity, drain: DrainState, wasPressed: readonly boolean[]): ClassPressure[] {
  const total = totalOf(samples)
  const queuedShare = total > capacity.maxConcurrent ? (total - capacity.maxConcurrent) / total : 0
  return samples.map(({ waitingRecords, oldestAgeMs }, priority) => {
    const perS = classRate(samples, capacity, drain, priority)
    const queuedMs = waitingRecords * queuedShare / perS * 1_000
    const overdueMs = waitingRecords > 0 ? oldestAgeMs - capacity.promisedMs : 0
    const expectedWaitMs = Math.round(Math.min(waitMsMax, Math.max(0, queuedMs, overdueMs)))
    const isNowPressed = isPressed(wasPressed[priority] ?? false, expectedWaitMs, priority)
    return { waitingRecords, oldestAgeMs: Math.round(oldestAgeMs), drainPerS: perS, expectedWaitMs, isPressed: isNowPressed }
  })
}

/** What is known of the drain after another `elapsedMs`; `before` are the samples of their beginning. */
export function drainAfter (
  drain: DrainState, samples: readonly ClassSample[], before: readonly ClassSample[], capacity: Capacity, elapsedMs: number
): DrainState {
  const total = totalOf(samples)
  if (total === 0) return nothingMeasured
  const isSaturated = total > capacity.maxConcurrent
  if (!isSaturated || !drain.wasSaturated || !(elapsedMs >= elapsedMsMin)) return { ...drain, wasSaturated: isSaturated }
  const newShare = 1 - Math.exp(-elapsedMs / smoothingMs)
  const smooth = (old: number, handled: number) => Math.max(perSMin, old + newShare * (handled / elapsedMs * 1_000 - old))
  return {
    wasSaturated: true,
    totalPerS: smooth(totalRate(capacity, drain), samples.reduce((sum, { handledRecords }) => sum + handledRecords, 0)),
    classPerS: samples.map(({ waitingRecords, handledRecords }, priority) =>
      waitingRecords > 0 && (before[priority]?.waitingRecords ?? 0) > 0 ? smooth(classRate(before, capacity, drain, priority), handledRecords) : undefined)
  }
}

export function isPressed (wasPressed: boolean, expectedWaitMs: number, priority: number): boolean {
  const objectiveMs = objectivesMs[priority] ?? objectivesMs[3]
  return wasPressed ? expectedWaitMs > objectiveMs * leaveShare : expectedWaitMs >= objectiveMs * enterShare
}

function classRate (samples: readonly ClassSample[], capacity: Capacity, drain: DrainState, priority: number): number {
  const measured = drain.classPerS[priority]
  if (measured !== undefined && samples[priority]!.waitingRecords > capacity.maxConcurrent) return measured
  const total = totalRate(capacity, drain)
  // What more urgent classes were seen to take is not to be had.
  const urgent = drain.classPerS.slice(0, priority).reduce((sum: number, perS) => sum + (perS ?? 0), 0)
  return Math.max(perSMin, measured ?? 0, total * leastShare, total - urgent)
}

const totalRate = ({ maxConcurrent, handlerMs }: Capacity, { totalPerS }: DrainState): number =>
  Math.max(perSMin, totalPerS ?? maxConcurrent / Math.max(1, handlerMs) * 1_000)
const totalOf = (samples: readonly ClassSample[]): number => samples.reduce((sum, { waitingRecords }) => sum + waitingRecords, 0)
