// What a run of records adds to the archive: audit stories their events, changes of control state and alerts themselves.
//
// C1. All events of each story are taken, not only the newest: a compacted topic, or a late start, may show no other record of them.
// C2. An event id appears once in a chunk, and events are in the order in which the topic shows them first; so an event's place in the log
//     follows from the topic alone, however it was cut into chunks.
// C3. Restated events say nothing new: they are counted, where a record was written for one, and not kept.
// C4. A change id, an alert id, or a query's phase appears once in a chunk, too.
// C5. A chunk can be cut in halves that together say the same; so one bad record can be found among thousands.

import type { Alert, ArchiveQuery, AuditEvent, AuditStory, ControlChange } from '@mesh/schemas'
import { isWithinBounds } from './days.ts'

/** Why a record is in `rejected`: the closed list. */
export const rejectionReasons = {
  GARBAGE: 'The bytes are not a record of this topic in Confluent wire format.',
  UNKNOWN_SCHEMA_ID: 'The schema registry does not know the schema id.',
  WRONG_RECORD: 'The schema id belongs to another record.',
  EMPTY_STORY: 'The story holds no event.',
  DATE_OUT_OF_BOUNDS: 'An event lies too far in the past or in the future; the story\'s other events are archived.',
  STORE_REFUSED: 'PostgreSQL refused the row itself, alone and repeatedly.',
  OFFSETS_LOST: 'Records from this offset on were deleted before they were archived; the detail says up to which.'
} as const satisfies Record<string, string>

export type RejectionReason = keyof typeof rejectionReasons

export interface Rejection {
  readonly offset: number
  readonly reason: RejectionReason
  readonly detail: string
}

/** A record of the topic, once it has been looked at. */
export type ReadRecord =
  | { readonly offset: number, readonly kind: 'story', readonly story: AuditStory }
  | { readonly offset: number, readonly kind: 'change', readonly change: ControlChange }
  | { readonly offset: number, readonly kind: 'alert', readonly alert: Alert }
  | { readonly offset: number, readonly kind: 'query', readonly query: ArchiveQuery }
  | { readonly offset: number, readonly kind: 'rejected', readonly reason: RejectionReason, readonly detail: string }
  /** Claims and tombstones: nothing to archive. */
  | { readonly offset: number, readonly kind: 'skipped' }

export interface Chunk {
  readonly topic: string
  readonly partition: number
  /** Where the partition's progress must be for this chunk to be taken, and where it will be. */
  readonly startOffset: number
  readonly nextOffset: number
  readonly events: readonly AuditEvent[]
  readonly changes: readonly ControlChange[]
  readonly alerts: readonly Alert[]
  readonly queries: readonly ArchiveQuery[]
  readonly restatedEvents: number
  readonly rejections: readonly Rejection[]
}

export interface Run {
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly nextOffset: number
  readonly records: readonly ReadRecord[]
}

export function chunkOf ({ records, ...position }: Run, nowMs: number): Chunk {
  const events = new Map<string, AuditEvent>()
  const changes = new Map<string, ControlChange>()
  const alerts = new Map<string, Alert>()
  const queries = new Map<string, ArchiveQuery>()
  const rejections: Rejection[] = []
  let restatedEvents = 0
  for (const record of records) {
    if (record.kind === 'skipped') continue
    if (record.kind === 'rejected') {
      rejections.push({ offset: record.offset, reason: record.reason, detail: record.detail })
      continue
    }
    if (record.kind === 'change') {
      changes.set(record.change.changeId, record.change)
      continue
    }
    if (record.kind === 'alert') {
      alerts.set(record.alert.alertId, record.alert)
      continue
    }
    if (record.kind === 'query') {
      queries.set(`${record.query.queryId}/${record.query.phase}`, record.query)
      continue
    }
    const newest = record.story.events.at(-1)
    if (newest === undefined) rejections.push({ offset: record.offset, reason: 'EMPTY_STORY', detail: '' })
    if (newest?.decision === 'restated') restatedEvents++
    const outside = takeEvents(record.story, events, nowMs)
    if (outside !== undefined) rejections.push({ offset: record.offset, reason: 'DATE_OUT_OF_BOUNDS', detail: `${outside.atMs} ms` })
  }
  const rows = { events: [...events.values()], changes: [...changes.values()], alerts: [...alerts.values()], queries: [...queries.values()] }
  return { ...position, ...rows, restatedEvents, rejections }
}

export const rowCountOf = ({ events, changes, alerts, queries }: Pick<Chunk, 'events' | 'changes' | 'alerts' | 'queries'>): number =>
  events.length + changes.length + alerts.length + queries.length

/** Two runs that together are this one; the caller has made sure that it holds two records at least. */
export function halves (run: Run): [Run, Run] {
  const middle = Math.floor(run.records.length / 2)
  const cutOffset = run.records[middle]?.offset ?? run.nextOffset
  return [
    { ...run, nextOffset: cutOffset, records: run.records.slice(0, middle) },
    { ...run, startOffset: cutOffset, records: run.records.slice(middle) }
  ]
}

function takeEvents (story: AuditStory, events: Map<string, AuditEvent>, nowMs: number): AuditEvent | undefined {
  let outside: AuditEvent | undefined
  for (const event of story.events) {
    if (event.decision === 'restated') continue
    if (isWithinBounds(event.atMs, nowMs)) events.set(event.eventId, event)
    else outside ??= event
  }
  return outside
}
