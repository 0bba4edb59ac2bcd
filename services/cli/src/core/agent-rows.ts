// Registered agents as rows of a table.
import type { AgentHealth, Pressure } from '@mesh/schemas'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface ListedAgent {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly ownerTeam: string
  readonly role: string
  readonly capabilities: readonly { readonly name: string }[]
  readonly status: string
}

/** As the governor measures it; unknown where it does not say. */
export interface MeasuredHealth {
  readonly health: AgentHealth
  readonly instances: number | null
}
export type AgentLine = ListedAgent & MeasuredHealth

export const unknownHealth: MeasuredHealth = { health: 'unknown', instances: null }

export const agentHeadings = ['agent', 'version', 'domain', 'team', 'role', 'capabilities', 'status', 'health', 'instances']

/** Without pressures, or without one of it, an agent's health is unknown. */
export function agentLines (agents: readonly ListedAgent[], pressures: readonly Pressure[]): AgentLine[] {
  const measured = new Map(pressures.map(({ agent, health, instances }): [string, MeasuredHealth] => [agent, { health, instances }]))
  return agents.map(agent => ({ ...agent, ...measured.get(agent.name) ?? unknownHealth }))
}

export function agentRows (agents: readonly AgentLine[], paint: Paint): string[][] {
  return agents.map(({ name, version, domain, ownerTeam, role, capabilities, status, health, instances }) => [
    printable(name), printable(version), printable(domain), printable(ownerTeam), printable(role),
    capabilities.map(capability => printable(capability.name)).join('\n'),
    paintStatus(status, paint)(printable(status)),
    paintHealth(health, paint)(health),
    instances === null ? '' : String(instances)
  ])
}

export function agentSummary (agents: readonly ListedAgent[]): string {
  const capabilities = new Set(agents.flatMap(agent => agent.capabilities.map(({ name }) => name)))
  return `${count(agents.length, 'agent', 'agents')}, ${count(capabilities.size, 'capability', 'capabilities')}`
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`

function paintStatus (status: string, paint: Paint): (text: string) => string {
  if (status === 'active') return paint.good
  return status === 'paused' || status === 'draining' ? paint.unsure : paint.bad
}

function paintHealth (health: AgentHealth, paint: Paint): (text: string) => string {
  if (health === 'healthy') return paint.good
  return health === 'unknown' ? paint.faint : paint.bad
}
