// What operators see of a coordinator: decisions by reason, rounds, and how long a dispatch waited to be decided.
import type { AuditEvent } from '@mesh/schemas'
import type { Metrics, RoundMetrics } from '@mesh/runtime'
import { Counter, Histogram } from 'prom-client'

/** Fits the classes' maximum latencies of 200, 500, 2,000 and 10,000 ms. */
const latencyBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

export function createCoordinatorMetrics ({ registry }: Metrics) {
  const registers = [registry]
  const decisions = new Counter({ name: 'mesh_coordinator_decisions_total', help: 'Decisions, by what was decided and why.', labelNames: ['decision', 'reason', 'priority'], registers })
  const latency = new Histogram({ name: 'mesh_coordinator_decision_latency_seconds', help: 'From append of a dispatch to its admission.', labelNames: ['priority'], buckets: latencyBucketsSeconds, registers })
  const rounds = new Histogram({ name: 'mesh_coordinator_round_seconds', help: 'Duration of a round, from taking its records to its commit.', buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1], registers })
  const roundRecords = new Histogram({ name: 'mesh_coordinator_round_records', help: 'Records taken in a round.', buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500], registers })
  const unreadable = new Counter({ name: 'mesh_coordinator_unreadable_registrations_total', help: 'Records of mesh.registry that could not be read.', registers })
  return {
    onDecided (event: AuditEvent): void {
      decisions.inc({ decision: event.decision, reason: event.reason ?? '', priority: String(event.priority ?? '') })
      if (event.decision === 'delivered') latency.observe({ priority: String(event.priority) }, event.latencyMs / 1_000)
    },
    onRound ({ durationMs, records }: RoundMetrics): void {
      rounds.observe(durationMs / 1_000)
      roundRecords.observe(records)
    },
    onUnreadable: () => unreadable.inc()
  }
}
