// What one audit record says of a circuit: the newest event of the story, with the earlier ones to tell when the request was
// handed over.
//
// Invariants:
//   H1. A call is an attempt that ended: completed, timed out, or failed and tried again. One that ended by the caller's
//       fault says nothing of the target and doesn't count; nor does one that shared another's outcome, was cancelled, was never
//       handed over, ended between two attempts, or was ended by the mesh itself (no answer, so no `agentMs`).
//   H2. Of a time-out it is said how long the target had the request, up to its deadline: what the mesh took before isn't the
//       target's. One that was handed over at its deadline or later says nothing of the target.
//   H3. What got a fallback is a call to whoever gave it, and a blocked call of the one in whose place it was asked.
import type { AuditDecision, AuditEvent } from '@mesh/schemas'
import type { Call } from './call-window.ts'

/** The half_open state that a probe belongs to. */
export interface ProbeOf { readonly episode: string, readonly sinceMs: number }

export interface Ended {
  readonly type: 'ended'
  readonly agent: string
  readonly version: string
  readonly priority: number
  /** Undefined where it says nothing of the target. */
  readonly call: Call | undefined
  readonly isTimeout: boolean
  /** From being handed over to this, or to the deadline if that came first. */
  readonly heldMs: number
  /** From being handed over to the handler's start; null where not known. */
  readonly waitedMs: number | null
  readonly probe: ProbeOf | undefined
}

export type Heard =
  | Ended
  | { readonly type: 'probe_sent', readonly agent: string, readonly version: string, readonly probe: ProbeOf }
  | { readonly type: 'blocked', readonly agent: string, readonly episode: string, readonly atMs: number }

const handedOver: ReadonlySet<AuditDecision> = new Set(['delivered', 'released', 'redelivered'])
const ends: ReadonlySet<AuditDecision> = new Set(['completed', 'timed_out', 'retried'])
/** Failures that the caller could have known of. */
const callersFault: ReadonlySet<string> = new Set(['INPUT_INVALID', 'CANCELLED'])

export function heardIn (events: readonly AuditEvent[]): Heard | undefined {
  const event = events.at(-1)
  if (event === undefined || event.type !== 'request') return undefined
  const { decision, circuit, fallbackFor, target, targetVersion, follows } = event
  const isHandedOver = handedOver.has(decision)
  if (event.outcome === 'circuit_broken' || (isHandedOver && decision !== 'redelivered' && fallbackFor !== null)) {
    const agent = fallbackFor ?? target
    return agent === null || circuit === null ? undefined : { type: 'blocked', agent, episode: circuit.episode, atMs: event.atMs }
  }
  if (target === null || targetVersion === null || follows !== null) return undefined
  const probe = circuit?.isProbe === true ? { episode: circuit.episode, sinceMs: circuit.sinceMs } : undefined
  if (isHandedOver) return probe === undefined ? undefined : { type: 'probe_sent', agent: target, version: targetVersion, probe }
  return ends.has(decision) ? endedBy(event, events, { agent: target, version: targetVersion, probe }) : undefined
}

function endedBy (event: AuditEvent, events: readonly AuditEvent[], known: Pick<Ended, 'agent' | 'version' | 'probe'>): Ended | undefined {
  const { decision, outcome, reason, atMs, handlerMs, agentMs, deadlineAtMs, priority } = event
  const before = events.findLast(one => one !== event && (handedOver.has(one.decision) || one.decision === 'retried'))
  if (before === undefined || before.decision === 'retried' || (decision === 'completed' && agentMs === null)) return undefined
  // A handler's answer may carry such a code, too: of what it waited for itself.
  const isTimeout = decision === 'timed_out' || (decision === 'retried' && reason === 'IDLE_TIMEOUT')
  const isError = isTimeout || decision !== 'completed' || outcome !== 'success'
  const heldMs = Math.min(atMs, deadlineAtMs ?? atMs) - before.atMs
  const saysNothing = (isError && reason !== null && callersFault.has(reason)) || (isTimeout && heldMs <= 0)
  const call = { atMs, deliveredAtMs: before.atMs, isError, handlerMs }
  return {
    type: 'ended', ...known, priority: priority ?? 0, call: saysNothing ? undefined : call, isTimeout, heldMs: Math.max(0, heldMs),
    waitedMs: handlerMs === null || agentMs === null ? null : Math.max(0, agentMs - handlerMs)
  }
}
