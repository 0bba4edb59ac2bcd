import { Counter, Gauge, type Registry } from 'prom-client'
import { capabilityConflicts } from './core/register.ts'
import type { RegistryState } from './core/state.ts'

export interface Measured {
  readonly state: RegistryState
  readonly quotas: ReadonlyMap<string, unknown>
  undecodableRecords (): number
}

/** Answers what counts an HTTP answer; everything else is read from the state when it is asked for. */
export function registerMetrics (registry: Registry, { state, quotas, undecodableRecords }: Measured): (route: string, status: number) => void {
  const registers = [registry]
  const answers = new Counter({ name: 'mesh_registry_answers_total', help: 'HTTP answers.', labelNames: ['route', 'status'], registers })
  new Gauge({ name: 'mesh_registry_agents', help: 'Agents known.', registers, collect () { this.set(state.currentByName.size) } })
  new Gauge({ name: 'mesh_registry_registrations', help: 'Versions known; 10,000 at most.', registers, collect () { this.set(state.byKey.size) } })
  new Gauge({ name: 'mesh_registry_undecodable_records', help: 'Records of the control topics that were passed over.', registers, collect () { this.set(undecodableRecords()) } })
  new Gauge({ name: 'mesh_registry_quotas', help: 'Quotas that somebody set; 10,000 at most.', registers, collect () { this.set(quotas.size) } })
  new Gauge({
    name: 'mesh_registry_contract_conflicts', help: 'Capabilities offered under two contracts; 0 unless two registries wrote at once.', registers,
    collect () { this.set(capabilityConflicts(state).length) }
  })
  return (route, status) => { answers.inc({ route, status: String(status) }) }
}
