// Tells the events of the archive again, oldest first.
//
// Invariants:
//   A1. An hour at a time, so that what PostgreSQL sorts and what it must keep for the reader is bounded.
//   A2. Goes on behind the place where it stopped; what is of the same millisecond is told in the same order each time.
import { archivedMomentAnew, type ArchiveScan } from './archive-scan.ts'
import { eventRowColumns, toAuditEvent, type EventRow } from './archived-audit-event.ts'
import { comparePlaces, placeOf, type ArchivePlace } from './core/replay-order.ts'
import type { TimeRange } from './core/time-range.ts'
import type { AuditEvent } from '@mesh/schemas'

const sliceMs = 3_600_000
const iso = (atMs: number): string => new Date(atMs).toISOString()

// As `rankOf` has it.
const rank = `CASE WHEN event_id = ingress_topic || '/' || ingress_partition || '/' || ingress_offset THEN 0 WHEN decision IN ('released', 'refused') THEN 1
  WHEN decision = 'retried' THEN 2 WHEN decision = 'redelivered' THEN 3 WHEN decision = 'dead_lettered' THEN 5 ELSE 4 END`

export async function* tellArchive (archive: ArchiveScan, { fromMs, toMs }: TimeRange, after: ArchivePlace | null): AsyncGenerator<AuditEvent> {
  for (let startMs = Math.max(fromMs, after?.atMs ?? fromMs); startMs < toMs;) {
    const endMs = Math.min(toMs, startMs + sliceMs)
    const text = `SELECT ${eventRowColumns} FROM ${archive.schema}.events WHERE at >= $1 AND at < $2 ORDER BY at, ${rank}, event_id COLLATE "C"`
    for await (const rows of archive.stream<EventRow>(text, [iso(startMs), iso(endMs)])) {
      for (const row of rows) {
        const event = toAuditEvent(row)
        if (after === null || comparePlaces(placeOf(event), after) > 0) yield event
      }
    }
    await archivedMomentAnew(archive)
    startMs = endMs
  }
}
