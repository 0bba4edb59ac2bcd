// What operators see of a coordinator: decisions by reason, rounds, and how long a dispatch waited to be decided.
import type { AuditEvent } from '@mesh/schemas'
import type { Metrics, RoundMetrics } from '@mesh/runtime'
import { Counter, Gauge, Histogram } from 'prom-client'

/** Fits the classes' maximum latencies of 200, 500, 2,000 and 10,000 ms. */
const latencyBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

export function createCoordinatorMetrics ({ registry }: Metrics) {
  const registers = [registry]
  const decisions = new Counter({ name: 'mesh_coordinator_decisions_total', help: 'Decisions, by what was decided and why.', labelNames: ['decision', 'reason', 'priority'], registers })
  const latency = new Histogram({ name: 'mesh_coordinator_decision_latency_seconds', help: 'From append of a dispatch to its admission.', labelNames: ['priority'], buckets: latencyBucketsSeconds, registers })
  const rounds = new Histogram({ name: 'mesh_coordinator_round_seconds', help: 'Duration of a round, from taking its records to its commit.', buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1], registers })
  const roundRecords = new Histogram({ name: 'mesh_coordinator_round_records', help: 'Records taken in a round.', buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500], registers })
  const unreadable = new Counter({ name: 'mesh_coordinator_unreadable_control_records_total', help: 'Records of control state that could not be read.', labelNames: ['topic'], registers })
  const released = new Counter({ name: 'mesh_coordinator_released_total', help: 'Deferred dispatches that went on.', labelNames: ['priority'], registers })
  const releaseLateness = new Histogram({ name: 'mesh_coordinator_release_lateness_seconds', help: 'From the due time of a deferred dispatch to its release.', labelNames: ['priority'], buckets: latencyBucketsSeconds, registers })
  const localQuota = new Counter({ name: 'mesh_coordinator_quota_local_total', help: 'Dispatches counted by a local share, because the shared counter was out of reach.', registers })
  const deferred = new Gauge({ name: 'mesh_coordinator_deferred_records', help: 'Dispatches that wait in the mesh, by task.', labelNames: ['task'], registers })
  return {
    onDecided (event: AuditEvent): void {
      decisions.inc({ decision: event.decision, reason: event.reason ?? '', priority: String(event.priority ?? '') })
      const priority = String(event.priority)
      if (event.decision === 'delivered') latency.observe({ priority }, event.latencyMs / 1_000)
      if (event.quota?.isLocal === true) localQuota.inc()
      if (event.decision !== 'released') return
      released.inc({ priority })
      releaseLateness.observe({ priority }, Math.max(0, event.atMs - event.dueAtMs!) / 1_000)
    },
    onRound ({ durationMs, records }: RoundMetrics): void {
      rounds.observe(durationMs / 1_000)
      roundRecords.observe(records)
    },
    onDeferred: (task: number, records: number) => deferred.set({ task }, records),
    onUnreadable: (topic: string) => unreadable.inc({ topic })
  }
}
