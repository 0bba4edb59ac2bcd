import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Pressure } from '@mesh/schemas'

export interface GovernorMetrics {
  measured (measured: ReadonlyMap<string, Pressure>, leftOut: number): void
  said (puts: number, gone: number): void
  passed (durationMs: number): void
  failed (): void
}

export function registerMetrics (registry: Registry): GovernorMetrics {
  const registers = [registry]
  const labelNames = ['agent', 'priority']
  let passedAtMs = performance.now()
  const waiting = new Gauge({ name: 'mesh_governor_waiting_records', help: 'Deliveries in the inbox that were not handled.', labelNames, registers })
  const oldest = new Gauge({ name: 'mesh_governor_oldest_age_seconds', help: 'Age of the oldest of them.', labelNames, registers })
  const drain = new Gauge({ name: 'mesh_governor_drain_per_second', help: 'Deliveries handled per second, or that could be.', labelNames, registers })
  const wait = new Gauge({ name: 'mesh_governor_expected_wait_seconds', help: 'How long a delivery will wait.', labelNames, registers })
  const pressed = new Gauge({ name: 'mesh_governor_pressed', help: '1 while the expected wait is near the class\'s objective.', labelNames, registers })
  const leftOut = new Gauge({ name: 'mesh_governor_unmeasured_agents', help: 'Agents whose inboxes the last pass could not read.', registers })
  const records = new Counter({ name: 'mesh_governor_announced_total', help: 'Records written of agents; heartbeats not counted.', labelNames: ['kind'], registers })
  const passes = new Histogram({ name: 'mesh_governor_pass_seconds', help: 'Duration of a pass over all inboxes.', buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5], registers })
  const failures = new Counter({ name: 'mesh_governor_failed_passes_total', help: 'Passes after which nothing was said.', registers })
  new Gauge({
    name: 'mesh_governor_last_pass_age_seconds', help: 'Since the last pass that was said, or the start.', registers,
    collect () { this.set((performance.now() - passedAtMs) / 1_000) }
  })
  return {
    measured (measured, unmeasured) {
      leftOut.set(unmeasured)
      for (const gauge of [waiting, oldest, drain, wait, pressed]) gauge.reset()
      for (const { agent, classes } of measured.values()) {
        classes.forEach((one, priority) => {
          const labels = { agent, priority }
          waiting.set(labels, one.waitingRecords)
          oldest.set(labels, one.oldestAgeMs / 1_000)
          drain.set(labels, one.drainPerS)
          wait.set(labels, one.expectedWaitMs / 1_000)
          pressed.set(labels, Number(one.isPressed))
        })
      }
    },
    said (puts, gone) {
      records.inc({ kind: 'put' }, puts)
      records.inc({ kind: 'gone' }, gone)
    },
    passed (durationMs) {
      passedAtMs = performance.now()
      passes.observe(durationMs / 1_000)
    },
    failed: () => failures.inc()
  }
}
