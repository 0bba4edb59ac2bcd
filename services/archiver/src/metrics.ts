import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Chunk } from './core/chunk.ts'

export interface ArchiverCounters {
  stored (chunk: Chunk, insertedEvents: number): void
  assigned (partitions: readonly number[]): void
  lag (partition: number, lagRecords: number): void
}

export function registerMetrics (registry: Registry): ArchiverCounters {
  const registers = [registry]
  let lastCommitAtMs = performance.now()
  const events = new Counter({ name: 'mesh_archiver_events_total', help: 'Events written to the archive.', registers })
  const known = new Counter({ name: 'mesh_archiver_known_events_total', help: 'Events that the archive had already.', registers })
  const restated = new Counter({ name: 'mesh_archiver_restated_events_total', help: 'Records written to restate state; they are not archived.', registers })
  const rejected = new Counter({ name: 'mesh_archiver_rejected_records_total', help: 'Records that could not be archived.', labelNames: ['reason'], registers })
  const runEvents = new Histogram({ name: 'mesh_archiver_run_events', help: 'Events in one transaction.', buckets: [1, 10, 100, 500, 1_000, 5_000, 20_000], registers })
  const lag = new Gauge({ name: 'mesh_archiver_lag_records', help: 'Records of the audit topic not archived yet.', labelNames: ['partition'], registers })
  new Gauge({
    name: 'mesh_archiver_last_commit_age_seconds', help: 'Since the last transaction, or the start.', registers,
    collect () { this.set((performance.now() - lastCommitAtMs) / 1000) }
  })
  return {
    stored (chunk, insertedEvents) {
      lastCommitAtMs = performance.now()
      events.inc(insertedEvents)
      known.inc(chunk.events.length - insertedEvents)
      restated.inc(chunk.restatedEvents)
      runEvents.observe(chunk.events.length)
      for (const { reason } of chunk.rejections) rejected.inc({ reason })
    },
    assigned (partitions) {
      lag.reset()
      for (const partition of partitions) lag.set({ partition }, 0)
    },
    lag: (partition, lagRecords) => { lag.set({ partition }, lagRecords) }
  }
}
