import { Counter, Gauge, type Registry } from 'prom-client'
import type { HotState } from '@mesh/hot-index'

export interface HotCounters {
  written (events: number): void
  missed (events: number): void
  refilled (events: number): void
  evicted (): void
  problem (isOne: boolean): void
  state (state: HotState, nowMs: number): void
}

export function registerHotMetrics (registry: Registry): HotCounters {
  const registers = [registry]
  const written = new Counter({ name: 'mesh_archiver_hot_events_total', help: 'Events written to the hot tier after they were archived.', registers })
  const missed = new Counter({ name: 'mesh_archiver_hot_missed_events_total', help: 'Events that the hot tier did not take at once; they are written later.', registers })
  const refilled = new Counter({ name: 'mesh_archiver_hot_refilled_events_total', help: 'Events written to the hot tier from the archive.', registers })
  const evicted = new Counter({ name: 'mesh_archiver_hot_evicted_hours_total', help: 'Hours taken out of the hot tier, for their age or for room.', registers })
  const away = new Gauge({ name: 'mesh_archiver_hot_away', help: '1 while the hot tier is not written; readers go to PostgreSQL.', registers })
  const bytes = new Gauge({ name: 'mesh_archiver_hot_bytes', help: 'Bytes that the hot tier takes in Redis, about.', registers })
  const covered = new Gauge({ name: 'mesh_archiver_hot_covered_seconds', help: 'How far back the hot tier holds everything; 0 for not at all.', registers })
  return {
    written: events => { written.inc(events) },
    missed: events => { missed.inc(events) },
    refilled: events => { refilled.inc(events) },
    evicted: () => { evicted.inc() },
    problem: isOne => { away.set(isOne ? 1 : 0) },
    state (state, nowMs) {
      bytes.set(state.bytes)
      covered.set(state.coverage === undefined ? 0 : Math.max(0, nowMs - state.coverage.sinceMs) / 1000)
    }
  }
}
