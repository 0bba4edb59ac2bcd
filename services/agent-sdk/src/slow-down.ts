// What the mesh tells an agent about its quota.
import type { Notice } from '@mesh/schemas'

/** The agent is over its quota: what it sends waits in the mesh, in order, and nothing is lost. Told once until it is cleared. */
export interface SlowDown {
  readonly type: 'slow_down'
  /** Requests and events per second that all instances of the agent together may send. */
  readonly ratePerS: number
  /** How many may go at once after a pause. */
  readonly burst: number
  /** How many waited when this was told. */
  readonly backlogRecords: number
  /** Time until they are gone if no more come, milliseconds. */
  readonly clearsInMs: number
}

/** Nothing of the agent waits for its quota any more. */
export interface Cleared {
  readonly type: 'cleared'
}

export type SlowDownSignal = SlowDown | Cleared

/** Undefined where the notice is about one dispatch. */
export function signalOf ({ type, slowDown }: Notice): SlowDownSignal | undefined {
  if (type === 'cleared') return { type }
  return type === 'slow_down' && slowDown !== null ? { type, ...slowDown } : undefined
}
