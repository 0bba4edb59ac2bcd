// Control state as a coordinator sees it: which agents exist, who offers what, how much each may send, how far behind each
// is, who is cut off, and whose keys are whose. A projection of mesh.registry, mesh.quotas, mesh.pressure, mesh.circuits and mesh.keys.
//
// Invariants:
//   C1. The newest record of a name, by offset, is its current version.
//   C2. Candidates of a capability are kept in order of name, so every coordinator routes alike.
import type { AgentKey, AgentRegistration, Capability, Quota } from '@mesh/schemas'
import { type CircuitTable, noCircuits } from './circuits.ts'
import { noPressure, type PressureState } from './pressure.ts'

export interface RegisteredAgent {
  readonly registration: AgentRegistration
  readonly offers: ReadonlyMap<string, Capability>
  readonly mayCall: ReadonlySet<string>
  /** Capabilities that it may ask for as P0 when it starts a workflow. */
  readonly mayStartUrgent: ReadonlySet<string>
}

export interface ControlState {
  readonly agents: Map<string, RegisteredAgent>
  /** Capability to the names of the agents that offer it, sorted. */
  readonly offeredBy: Map<string, string[]>
  /** By quota id: agent/<name> or role/<role>. */
  readonly quotas: Map<string, Quota>
  readonly pressure: PressureState
  readonly circuits: CircuitTable
  /** Whose signature is whose, by key id. */
  readonly keys: Map<string, AgentKey>
  /** Offset of the registry record applied last; -1 before the first. */
  appliedOffset: number
}

export const emptyControl = (): ControlState => ({
  agents: new Map(), offeredBy: new Map(), quotas: new Map(), pressure: noPressure(), circuits: noCircuits(), keys: new Map(), appliedOffset: -1
})

export function applyRegistration (control: ControlState, registration: AgentRegistration, offset: number): void {
  forget(control, registration.name)
  control.agents.set(registration.name, {
    registration,
    offers: new Map(registration.capabilities.map(capability => [capability.name, capability])),
    mayCall: new Set(registration.dependencies),
    mayStartUrgent: new Set(registration.urgentCapabilities)
  })
  for (const { name: capability } of registration.capabilities) {
    control.offeredBy.set(capability, [...control.offeredBy.get(capability) ?? [], registration.name].sort())
  }
  control.appliedOffset = Math.max(control.appliedOffset, offset)
}

/** A tombstone of `name@version` removes the agent only if that is its current version. */
export function applyRemoval (control: ControlState, name: string, version: string, offset: number): void {
  if (control.agents.get(name)?.registration.version === version) forget(control, name)
  control.appliedOffset = Math.max(control.appliedOffset, offset)
}

function forget (control: ControlState, name: string): void {
  const known = control.agents.get(name)
  if (known === undefined) return
  for (const capability of known.offers.keys()) {
    const rest = control.offeredBy.get(capability)?.filter(other => other !== name) ?? []
    if (rest.length > 0) control.offeredBy.set(capability, rest)
    else control.offeredBy.delete(capability)
  }
  control.agents.delete(name)
}
