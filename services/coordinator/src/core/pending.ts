// Requests that wait for their outcome.
//
// Invariants:
//   P1. Entries stand in the order of their changelog offset, so the first one bounds how far back a restore must read.
//   P2. One entry a dispatch id; putting it again moves it to the end, with its new offset.
//   P3. Everything here follows from the request's events, but when its handler was last heard of: a restore that misses a
//       sign of life grants at most one idle timeout more.
import type { AuditEvent } from '@mesh/schemas'
import type { Addressee } from './notices.ts'

export interface Pending {
  /** Every event of the request so far, oldest first; at most `storyEventsMax`. */
  readonly events: readonly AuditEvent[]
  readonly eventsDropped: number
  readonly deadlineAtMs: number
  /** When something is to be decided if nothing comes: at its deadline, its next attempt, or when its handler was silent too long. */
  readonly dueAtMs: number
  /** Instance that waits, and where it reads; a repeat of the request may move them. */
  readonly sourceInstance: string
  readonly replyPartition: number
  readonly offset: number
}

const passedOn: ReadonlySet<string> = new Set(['delivered', 'released', 'redelivered'])

/** The event by which the request was last passed on: what was asked of whom, and when. */
export const admissionOf = ({ events }: Pick<Pending, 'events'>): AuditEvent => events.findLast(({ decision }) => passedOn.has(decision)) ?? events[0]!

/** The failed attempt after which the next one is waited for; undefined while a handler has the request. */
export function failedAttempt ({ events }: Pick<Pending, 'events'>): AuditEvent | undefined {
  const last = events.findLast(({ decision }) => decision === 'retried' || passedOn.has(decision))
  return last?.decision === 'retried' ? last : undefined
}

/** The request whose outcome this one shares; null for a request of its own. */
export const followedBy = ({ events }: Pick<Pending, 'events'>): string | null => events[0]!.follows

export function pendingOf (events: readonly AuditEvent[], eventsDropped: number, newest: AuditEvent, offset: number): Pending {
  const deadlineAtMs = events[0]!.deadlineAtMs!
  return {
    events, eventsDropped, offset, deadlineAtMs, dueAtMs: Math.min(deadlineAtMs, nextDueAtMs(events, newest)),
    sourceInstance: newest.sourceInstance!, replyPartition: newest.replyPartition!
  }
}

function nextDueAtMs (events: readonly AuditEvent[], newest: AuditEvent): number {
  const failed = failedAttempt({ events })
  if (failed !== undefined) return failed.dueAtMs!
  const { idleTimeoutMs, atMs } = admissionOf({ events })
  if (idleTimeoutMs === null) return Infinity
  // Written again: when it was last heard of is no longer known.
  return Math.max(atMs, newest.decision === 'restated' ? newest.atMs : 0) + idleTimeoutMs
}

/** The same request, its handler heard of. */
export function heardAt (pending: Pending, atMs: number): Pending {
  const { idleTimeoutMs } = admissionOf(pending)
  if (idleTimeoutMs === null || failedAttempt(pending) !== undefined) return pending
  return { ...pending, dueAtMs: Math.min(pending.deadlineAtMs, Math.max(pending.dueAtMs, atMs + idleTimeoutMs)) }
}

/** Whom to tell of it. */
export function addressee ({ events, sourceInstance, replyPartition }: Pending): Addressee {
  const { dispatchId, workflowId, source, ingress } = events[0]!
  return { dispatchId: dispatchId!, workflowId: workflowId!, source: source!, sourceInstance, replyPartition, ingress }
}
