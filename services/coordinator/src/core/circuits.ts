// Whether the circuit of a target lets a dispatch through.
//
// Invariants:
//   C1. What was not heard of lately is unknown, and unknown cuts nobody off.
//   C2. Over all tasks together a half-open circuit lets at most `probesMax` through: each task has its part, and parts move
//       on when the state is published anew, so that a target whose callers all sit in one task gets its probe, too.
//   C3. In a slow start the same dispatch is always judged alike for the same share.
import type { AgentRegistration, Circuit, CircuitUse } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import type { DecisionContext } from './audit-events.ts'
import { probesOf, type Tallies } from './tallied.ts'

export interface CircuitTable {
  /** By agent@version. */
  readonly byKey: Map<string, Circuit>
  /** Broker time at which the newest record was appended, be it only the heartbeat. */
  heardAtMs: number
}

export const noCircuits = (): CircuitTable => ({ byKey: new Map(), heardAtMs: -Infinity })

/** The governor says something every two seconds; several of those may be missing. */
export const heardMsMax = 10_000

export interface Passage {
  readonly passes: boolean
  /** What was looked at; null where the circuit is closed or unknown. */
  readonly use: CircuitUse | null
}

const passes: Passage = { passes: true, use: null }
const shares = 1_000

export function passage (
  table: CircuitTable, { name, version }: Pick<AgentRegistration, 'name' | 'version'>, dispatchId: string, tallies: Tallies, context: DecisionContext
): Passage {
  // Most of the time nothing is said of any circuit.
  const circuit = table.byKey.size === 0 ? undefined : table.byKey.get(`${name}@${version}`)
  if (circuit === undefined || circuit.state === 'closed' || context.nowMs - table.heardAtMs > heardMsMax) return passes
  const { state, episode, sinceMs, admitShare, probesMax } = circuit
  const use = (isProbe: boolean): CircuitUse => ({ state, episode, sinceMs, isProbe })
  if (state === 'open') return { passes: false, use: use(false) }
  if (state === 'slow_start') return { passes: partitionFor(dispatchId, shares) < admitShare * shares, use: use(false) }
  const isProbe = tallies.tally(probesOf(name, version, circuit), context.nowMs) < probesFor(context, probesMax, `${episode}/${sinceMs}`)
  return { passes: isProbe, use: use(isProbe) }
}

/** The part of one task in the probes of all. */
export function probesFor ({ task, taskCount }: Pick<DecisionContext, 'task' | 'taskCount'>, probesMax: number, seed: string): number {
  const everyone = Math.floor(probesMax / taskCount)
  const place = (task - partitionFor(seed, taskCount) + taskCount) % taskCount
  return everyone + (place < probesMax % taskCount ? 1 : 0)
}
