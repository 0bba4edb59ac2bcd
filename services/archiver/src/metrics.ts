import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { rowCountOf, type Chunk } from './core/chunk.ts'

export interface ArchiverCounters {
  stored (chunk: Chunk, insertedRows: number): void
  assigned (topic: string, partitions: readonly number[]): void
  /** Ingress records, held against the archive. */
  counted (records: number): void
  /** Undefined where another archiver counts. */
  missing (records: number | undefined): void
  /** The first of them was appended then. */
  lag (topic: string, partition: number, lagRecords: number, appendedAtMs: number): void
}

export function registerMetrics (registry: Registry): ArchiverCounters {
  const registers = [registry]
  let lastCommitAtMs = performance.now()
  const events = new Counter({ name: 'mesh_archiver_events_total', help: 'Events written to the archive.', registers })
  const changes = new Counter({ name: 'mesh_archiver_changes_total', help: 'Changes of control state written to the archive.', registers })
  const alerts = new Counter({ name: 'mesh_archiver_alerts_total', help: 'Alerts written to the archive.', registers })
  const queries = new Counter({ name: 'mesh_archiver_queries_total', help: 'Records of queries written to the archive.', registers })
  const known = new Counter({ name: 'mesh_archiver_known_events_total', help: 'Events, changes, alerts and queries that the archive had already.', registers })
  const restated = new Counter({ name: 'mesh_archiver_restated_events_total', help: 'Records written to restate state; they are not archived.', registers })
  const rejected = new Counter({ name: 'mesh_archiver_rejected_records_total', help: 'Records that could not be archived.', labelNames: ['reason'], registers })
  const runEvents = new Histogram({ name: 'mesh_archiver_run_events', help: 'Events, changes or alerts in one transaction.', buckets: [1, 10, 100, 500, 1_000, 5_000, 20_000], registers })
  const lag = new Gauge({ name: 'mesh_archiver_lag_records', help: 'Records not archived yet.', labelNames: ['topic', 'partition'], registers })
  const expected = new Counter({ name: 'mesh_archiver_completeness_expected_records_total', help: 'Committed ingress records whose admission was looked for in the archive.', registers })
  const missing = new Gauge({ name: 'mesh_archiver_completeness_missing_records', help: 'Ingress records without an admission in the archive; 0 where another archiver counts.', registers })
  const counts = new Gauge({ name: 'mesh_archiver_completeness_counter', help: '1 where this archiver is the one that counts ingress records.', registers })
  const assigned = new Map<string, readonly number[]>()
  const waitingSince = new Map<string, { readonly topic: string, readonly partition: number, readonly appendedAtMs: number }>()
  new Gauge({
    name: 'mesh_archiver_lag_seconds', help: 'Since the oldest record that is not archived yet was appended.', labelNames: ['topic', 'partition'], registers,
    collect () {
      this.reset()
      for (const [topic, partitions] of assigned) {
        for (const partition of partitions) {
          const waiting = waitingSince.get(`${topic}/${partition}`)
          this.set({ topic, partition }, waiting === undefined ? 0 : Math.max(0, Date.now() - waiting.appendedAtMs) / 1000)
        }
      }
    }
  })
  new Gauge({
    name: 'mesh_archiver_last_commit_age_seconds', help: 'Since the last transaction, or the start.', registers,
    collect () { this.set((performance.now() - lastCommitAtMs) / 1000) }
  })
  return {
    stored (chunk, insertedRows) {
      lastCommitAtMs = performance.now()
      const rows = rowCountOf(chunk)
      // A chunk is of one topic, so it holds one kind of rows.
      if (chunk.changes.length > 0) changes.inc(insertedRows)
      else if (chunk.alerts.length > 0) alerts.inc(insertedRows)
      else if (chunk.queries.length > 0) queries.inc(insertedRows)
      else events.inc(insertedRows)
      known.inc(rows - insertedRows)
      restated.inc(chunk.restatedEvents)
      runEvents.observe(rows)
      for (const { reason } of chunk.rejections) rejected.inc({ reason })
    },
    assigned (topic, partitions) {
      for (const partition of assigned.get(topic) ?? []) lag.remove({ topic, partition })
      for (const partition of partitions) lag.set({ topic, partition }, 0)
      assigned.set(topic, partitions)
      for (const [place, waiting] of waitingSince) if (waiting.topic === topic) waitingSince.delete(place)
    },
    counted: records => { expected.inc(records) },
    missing (records) {
      missing.set(records ?? 0)
      counts.set(records === undefined ? 0 : 1)
    },
    lag (topic, partition, lagRecords, appendedAtMs) {
      lag.set({ topic, partition }, lagRecords)
      if (lagRecords > 0) waitingSince.set(`${topic}/${partition}`, { topic, partition, appendedAtMs })
      else waitingSince.delete(`${topic}/${partition}`)
    }
  }
}
