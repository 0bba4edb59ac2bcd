// What the measured pressure of a target means for a dispatch to it.
//
// Invariants:
//   R1. What was not measured lately is unknown, and unknown holds nothing back.
//   R2. P0 always goes through; when it will be late it says so.
//   R3. Only the less urgent yield, and they wait in the mesh; what can't be in time is told so at once.
import type { ClassPressure, Pressure } from '@mesh/schemas'
import type { Refusal } from './ingress.ts'

export interface PressureState {
  readonly byAgent: Map<string, Pressure>
  /** Broker time at which the newest record was appended, be it only the heartbeat. */
  measuredAtMs: number
}

export const noPressure = (): PressureState => ({ byAgent: new Map(), measuredAtMs: -Infinity })

/** The governor says something every two seconds; several of those may be missing. */
export const measuredMsMax = 10_000

/** P0's expected wait from which on P2 yields, too: the class's maximum latency. */
const urgentObjectiveMs = 200

/** Hysteresis: a pressed class lets in only what has more time. */
const share = { free: 0.8, pressed: 0.5 }

export function classPressure (state: PressureState, agent: string, priority: number, nowMs: number): ClassPressure | undefined {
  if (nowMs - state.measuredAtMs > measuredMsMax) return undefined
  return state.byAgent.get(agent)?.classes[priority]
}

/** Whether dispatches of a class to this target wait in the mesh for more urgent ones. */
export function yields (state: PressureState, agent: string, priority: number, nowMs: number): boolean {
  if (priority < 2) return false
  const urgent = classPressure(state, agent, 0, nowMs)
  if (urgent === undefined) return false
  return priority === 3 ? urgent.isPressed : urgent.isPressed && urgent.expectedWaitMs >= urgentObjectiveMs
}

export interface Outlook {
  readonly expectedWaitMs: number | null
  readonly isExpectedLate: boolean
  readonly refusal: Refusal | undefined
}

export function outlookFor (pressure: ClassPressure | undefined, priority: number, remainingMs: number): Outlook {
  if (pressure === undefined) return { expectedWaitMs: null, isExpectedLate: false, refusal: undefined }
  const { expectedWaitMs, isPressed } = pressure
  if (priority === 0) return { expectedWaitMs, isExpectedLate: isPressed || expectedWaitMs > remainingMs, refusal: undefined }
  const isReachable = expectedWaitMs <= remainingMs * (isPressed ? share.pressed : share.free)
  if (isReachable) return { expectedWaitMs, isExpectedLate: false, refusal: undefined }
  const message = `the target is expected to need ${expectedWaitMs} ms to come to it, and its deadline is in ${Math.floor(remainingMs)} ms`
  return { expectedWaitMs, isExpectedLate: false, refusal: { code: 'DEADLINE_UNREACHABLE', message, retryAfterMs: expectedWaitMs } }
}
