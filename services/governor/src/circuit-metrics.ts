import { Counter, Gauge, type Registry } from 'prom-client'
import type { AgentHealth, Alert, Circuit, CircuitState, Pressure } from '@mesh/schemas'

export interface CircuitMetrics {
  /** All circuits as the owner has them; none for who isn't. */
  stepped (circuits: readonly Circuit[]): void
  alerted (alerts: readonly Pick<Alert, 'kind'>[]): void
  posted (result: string): void
  turned (ok: boolean): void
  heard (): void
  unreadable (): void
  healthMeasured (measured: Iterable<Pressure>): void
}

export interface CircuitReadings {
  isOwner (): boolean
  lagMs (): number | undefined
  lagRecords (): number
}

const states: readonly CircuitState[] = ['closed', 'open', 'half_open', 'slow_start']
const healths: readonly AgentHealth[] = ['unknown', 'healthy', 'stalled', 'absent']

export function registerCircuitMetrics (registry: Registry, readings: CircuitReadings): CircuitMetrics {
  const registers = [registry]
  const labelNames = ['agent', 'version']
  const state = new Gauge({ name: 'mesh_governor_circuit_state', help: '1 for the state that a circuit is in; said by the owner only.', labelNames: ['agent', 'version', 'state'], registers })
  const trips = new Gauge({ name: 'mesh_governor_circuit_trips', help: 'Openings in the last 30 days.', labelNames, registers })
  const recoveries = new Gauge({ name: 'mesh_governor_circuit_recoveries', help: 'Closings by itself in the last 30 days.', labelNames, registers })
  const blocked = new Gauge({ name: 'mesh_governor_circuit_blocked_calls', help: 'Calls that got the fallback in the last 30 days.', labelNames, registers })
  const alerts = new Counter({ name: 'mesh_governor_alerts_total', help: 'Alerts written.', labelNames: ['kind'], registers })
  const posts = new Counter({ name: 'mesh_governor_webhook_posts_total', help: 'Posts of alerts: sent, failed (tried again) or given_up.', labelNames: ['result'], registers })
  const turns = new Counter({ name: 'mesh_governor_circuit_turns_total', help: 'Turns over the circuits, by how they ended.', labelNames: ['result'], registers })
  const stories = new Counter({ name: 'mesh_governor_audit_records_total', help: 'Audit records read.', registers })
  const unreadable = new Counter({ name: 'mesh_governor_unreadable_audit_records_total', help: 'Audit records that could not be read.', registers })
  const health = new Gauge({ name: 'mesh_governor_agent_health', help: '1 for how an agent looks from outside.', labelNames: ['agent', 'health'], registers })
  const instances = new Gauge({ name: 'mesh_governor_agent_instances', help: 'Members of its inbox group.', labelNames: ['agent'], registers })
  new Gauge({ name: 'mesh_governor_circuit_owner', help: '1 for the governor that writes the circuits.', registers, collect () { this.set(Number(readings.isOwner())) } })
  new Gauge({ name: 'mesh_governor_audit_lag_records', help: 'Audit records, and markers, not read yet by the owner.', registers, collect () { this.set(readings.lagRecords()) } })
  new Gauge({ name: 'mesh_governor_audit_lag_seconds', help: 'Since the owner had read everything; 0 for others.', registers, collect () { this.set((readings.lagMs() ?? 0) / 1_000) } })
  return {
    stepped (circuits) {
      for (const gauge of [state, trips, recoveries, blocked]) gauge.reset()
      for (const { agent, version, ...circuit } of circuits) {
        for (const one of states) state.set({ agent, version, state: one }, Number(one === circuit.state))
        trips.set({ agent, version }, circuit.trips)
        recoveries.set({ agent, version }, circuit.recoveries)
        blocked.set({ agent, version }, circuit.callsBlocked)
      }
    },
    alerted (some) { for (const { kind } of some) alerts.inc({ kind }) },
    posted: result => posts.inc({ result }),
    turned: ok => turns.inc({ result: ok ? 'ok' : 'failed' }),
    heard: () => stories.inc(),
    unreadable: () => unreadable.inc(),
    healthMeasured (measured) {
      health.reset()
      instances.reset()
      for (const { agent, ...one } of measured) {
        for (const kind of healths) health.set({ agent, health: kind }, Number(kind === one.health))
        instances.set({ agent }, one.instances)
      }
    }
  }
}
