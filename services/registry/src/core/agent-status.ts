// Whether the mesh talks with an agent: what operators may change.
//
// A1. A status belongs to the agent, not to a version: a version registered later takes it over (R6 in register.ts).
// A2. Only `active` ends a quarantine: who pauses or drains an agent must not let it send again.

import type { AgentRegistration, AgentStatus } from '@mesh/schemas'
import { decided, refused, type ChangeDecision } from './control-change.ts'

export const agentStatuses = ['active', 'paused', 'draining', 'quarantined'] as const satisfies readonly AgentStatus[]

export function decideStatus (name: string, status: AgentStatus, known: AgentRegistration | undefined): ChangeDecision<AgentStatus> {
  if (known === undefined) return refused('NOT_FOUND', `No agent ${name} is registered.`)
  if (known.status === 'quarantined' && status !== 'quarantined' && status !== 'active') {
    return refused('QUARANTINED', `${name} is quarantined; make it active first, if that is meant.`)
  }
  return decided(`agent/${name}/status`, known.status, status)
}
