// Who offers what, where: discovery over the current versions.
//
// L1. An agent without regions runs in any region, so it matches every one.
// L2. Answers are sorted by name, so that the same state gives the same answer.

import type { AgentRegistration } from '@mesh/schemas'
import type { Registered, RegistryState } from './state.ts'

export interface CapabilityFilter {
  readonly capability?: string | undefined
  readonly domain?: string | undefined
  readonly region?: string | undefined
}

export interface OfferedCapability {
  readonly name: string
  readonly contractHash: string
  readonly inputSchema: string
  readonly outputSchema: string
  readonly agents: readonly AgentRegistration[]
}

export function currentAgents (state: RegistryState): Registered[] {
  return [...state.currentByName.values()].sort((a, b) => compareText(a.registration.name, b.registration.name))
}

export function findCapabilities (state: RegistryState, filter: CapabilityFilter): OfferedCapability[] {
  const found = new Map<string, OfferedCapability & { readonly agents: AgentRegistration[] }>()
  for (const { registration } of currentAgents(state)) {
    if (!matches(registration, filter)) continue
    for (const { name, contractHash, inputSchema, outputSchema } of registration.capabilities) {
      if (filter.capability !== undefined && filter.capability !== name) continue
      const contract = `${name} ${contractHash}`
      const entry = found.get(contract) ?? { name, contractHash, inputSchema, outputSchema, agents: [] }
      entry.agents.push(registration)
      found.set(contract, entry)
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.name, b.name) || compareText(a.contractHash, b.contractHash))
}

function matches (registration: AgentRegistration, { domain, region }: CapabilityFilter): boolean {
  const inDomain = domain === undefined || registration.domain === domain
  const inRegion = region === undefined || registration.regions.length === 0 || registration.regions.includes(region)
  return inDomain && inRegion
}

function compareText (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
