// Orders of operators about circuits: open, closed, or back to what is measured.
//
// O1. An order is for an agent, in all its versions; the governor obeys it, and coordinators obey the governor.
// O2. An order for an agent that is not registered is a slip of the pen; taking one back is always allowed.

import { decided, refused, type ChangeDecision } from './control-change.ts'
import { circuitEntity, type ChangeStates, type CircuitOrder } from './change-states.ts'
import type { RegistryState } from './state.ts'

export interface ListedOrder {
  readonly agent: string
  readonly state: CircuitOrder
  readonly who: string
  readonly why: string | null
  readonly atMs: number
}

export function listOrders ({ circuits }: Pick<ChangeStates, 'circuits'>): ListedOrder[] {
  return [...circuits].map(([agent, order]) => ({ agent, ...order })).sort((a, b) => a.agent < b.agent ? -1 : 1)
}

export function decideCircuit (agent: string, state: CircuitOrder | null, agents: RegistryState, { circuits }: Pick<ChangeStates, 'circuits'>): ChangeDecision<CircuitOrder> {
  if (state !== null && !agents.currentByName.has(agent)) return refused('NOT_FOUND', `No agent ${agent} is registered.`)
  return decided(circuitEntity(agent), circuits.get(agent)?.state ?? null, state)
}
