// Registered agents as rows of a table.
import { printable } from './printable.ts'
import type { Paint } from './paint.ts'

export interface ListedAgent {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly ownerTeam: string
  readonly role: string
  readonly capabilities: readonly { readonly name: string }[]
  readonly status: string
}

export const agentHeadings = ['agent', 'version', 'domain', 'team', 'role', 'capabilities', 'status']

export function agentRows (agents: readonly ListedAgent[], paint: Paint): string[][] {
  return agents.map(({ name, version, domain, ownerTeam, role, capabilities, status }) => [
    printable(name), printable(version), printable(domain), printable(ownerTeam), printable(role),
    capabilities.map(capability => printable(capability.name)).join('\n'),
    paintStatus(status, paint)(printable(status))
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
