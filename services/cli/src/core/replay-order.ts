// In which order events are told again, and under which key.
//
// Invariants:
//   O1. Time order: of one key, and of all that comes from one source. What is of one millisecond goes as it was decided: the
//       admission first, then what follows from it.
//   O2. The key is that of mesh.audit: the dispatch's, or the position's where there is no dispatch. So all of a dispatch has one key.
//   O3. The seam is a time: what was decided before it comes from the archive, the rest from the topic, each event from one of them.
import { kindOfRow } from '@mesh/completeness/counting'
import type { AuditEvent } from '@mesh/schemas'
import type { TimeRange } from './time-range.ts'

export interface ArchivePlace {
  readonly atMs: number
  readonly rank: number
  readonly eventId: string
}

const ranks: Partial<Record<AuditEvent['decision'], number>> = { released: 1, refused: 1, retried: 2, redelivered: 3, dead_lettered: 5 }
const usualRank = 4

export function rankOf ({ eventId, decision, ingress }: Pick<AuditEvent, 'eventId' | 'decision' | 'ingress'>): number {
  return kindOfRow({ eventId, decision, ...ingress }) === 'admission' ? 0 : ranks[decision] ?? usualRank
}

export const placeOf = (event: AuditEvent): ArchivePlace => ({ atMs: event.atMs, rank: rankOf(event), eventId: event.eventId })

export function comparePlaces (a: ArchivePlace, b: ArchivePlace): number {
  return a.atMs - b.atMs || a.rank - b.rank || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0)
}

export function replayKey ({ workflowId, dispatchId, eventId }: Pick<AuditEvent, 'workflowId' | 'dispatchId' | 'eventId'>): string {
  return dispatchId === null || workflowId === null ? `position/${eventId}` : `${workflowId}/${dispatchId}`
}

/** What an audit partition still holds. */
export interface HeldPartition {
  /** Whether records were deleted at its beginning. */
  readonly isCut: boolean
  /** Append time of the first record that is left; null where there is none. */
  readonly firstAtMs: number | null
}

/** Decisions carry the broker's time as their coordinator estimates it, and clocks of brokers differ: by less than this. */
export const seamSkewMs = 60_000
/** How far before the seam the topic is read, so that a clock that is wrong for once costs reading and no event. */
export const seamLeadMs = 3_600_000

/** From when on the topic has every event as a record of its own. */
export function seamOf (partitions: readonly HeldPartition[], range: TimeRange, compaction: { readonly nowMs: number, readonly lagMs: number | null }): number {
  let seamMs = range.fromMs
  for (const { isCut, firstAtMs } of partitions) if (isCut) seamMs = Math.max(seamMs, firstAtMs === null ? range.toMs : firstAtMs + seamSkewMs)
  // Half of the lag is left for the replay itself.
  if (compaction.lagMs !== null) seamMs = Math.max(seamMs, compaction.nowMs - compaction.lagMs / 2)
  return Math.min(seamMs, range.toMs)
}

/** Which of these to take next: the earliest; of equals the first. Undefined where none has anything. */
export function earliest (heads: readonly (AuditEvent | undefined)[]): number | undefined {
  let best: number | undefined
  for (const [index, event] of heads.entries()) {
    if (event !== undefined && (best === undefined || event.atMs < heads[best]!.atMs)) best = index
  }
  return best
}
