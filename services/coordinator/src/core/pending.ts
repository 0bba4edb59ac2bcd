// Requests that wait for their outcome.
//
// Invariants:
//   P1. Entries stand in the order of their changelog offset, so the first one bounds how far back a restore must read.
//   P2. One entry a dispatch id; putting it again moves it to the end, with its new offset.
import type { AuditEvent } from '@mesh/schemas'

export interface Pending {
  /** Every event of the request so far, oldest first; at most `storyEventsMax`. */
  readonly events: readonly AuditEvent[]
  readonly eventsDropped: number
  readonly deadlineAtMs: number
  /** Instance that waits, and where it reads; a repeat of the request may move them. */
  readonly sourceInstance: string
  readonly replyPartition: number
  readonly offset: number
}

/** The event by which the request was passed on: what was asked of whom, and when. */
export const admissionOf = (pending: Pending): AuditEvent =>
  pending.events.findLast(({ decision }) => decision === 'released') ?? pending.events[0]!
