// What operators change: quotas, the status of agents, orders about circuits, and legal holds.

import type { AgentRegistration, AgentStatus, ControlChange, Quota } from '@mesh/schemas'
import type { ChangePath, ChangeResult } from './change-path.ts'
import type { ControlTopic } from './control-topic.ts'
import { decideStatus } from './core/agent-status.ts'
import type { ChangeStates, CircuitOrder } from './core/change-states.ts'
import { decideCircuit } from './core/circuit-orders.ts'
import type { AskedChange, ChangeDecision } from './core/control-change.ts'
import { decideHold, decideRelease, type Hold } from './core/holds.ts'
import { decideNoQuota, decideQuota, quotaIdOf, type AskedQuota, type QuotaLimits, type QuotaOwner, type QuotaState } from './core/quotas.ts'
import { registrationKey } from './core/state.ts'

type Table<T> = Pick<ControlTopic<T>, 'caughtUp' | 'append' | 'applied'>

export interface ControlChangePorts {
  readonly change: ChangePath
  readonly state: QuotaState
  readonly changeStates: ChangeStates
  readonly registrations: Table<AgentRegistration>
  readonly quotas: Table<Quota>
  readonly changes: Pick<ControlTopic<ControlChange>, 'caughtUp' | 'applied'>
}

export interface ControlChanges {
  setQuota (owner: QuotaOwner, quota: AskedQuota, asked: AskedChange): Promise<ChangeResult<QuotaLimits>>
  unsetQuota (owner: QuotaOwner, asked: AskedChange): Promise<ChangeResult<QuotaLimits>>
  setStatus (agent: string, status: AgentStatus, asked: AskedChange): Promise<ChangeResult<AgentStatus>>
  /** Null leaves it to the measuring again. */
  setCircuit (agent: string, state: CircuitOrder | null, asked: AskedChange): Promise<ChangeResult<CircuitOrder>>
  setHold (holdId: string, hold: Hold, asked: AskedChange): Promise<ChangeResult<Hold>>
  releaseHold (holdId: string, asked: AskedChange): Promise<ChangeResult<Hold>>
}

export function controlChanges (ports: ControlChangePorts): ControlChanges {
  const { change, state, changeStates, registrations, quotas, changes } = ports
  const tables = [registrations, quotas]

  const writeQuota = (owner: QuotaOwner, { who }: AskedChange) => async (limits: QuotaLimits | null, { atMs }: { readonly atMs: number }): Promise<void> => {
    const quotaId = quotaIdOf(owner)
    await quotas.applied(await quotas.append(quotaId, limits === null ? null : { quotaId, ...limits, changedBy: who, changedAtMs: atMs }))
  }

  return {
    setQuota: (owner, quota, asked) => change({ asked, tables, decide: () => decideQuota(owner, quota, state), write: writeQuota(owner, asked) }),
    unsetQuota: (owner, asked) => change({ asked, tables, decide: () => decideNoQuota(owner, state), write: writeQuota(owner, asked) }),
    setStatus (agent, status, asked) {
      let known: AgentRegistration | undefined
      const decide = (): ChangeDecision<AgentStatus> => {
        known = state.agents.currentByName.get(agent)?.registration
        return decideStatus(agent, status, known)
      }
      return change({
        asked, tables, decide,
        async write () {
          if (known === undefined) return
          await registrations.applied(await registrations.append(registrationKey(agent, known.version), { ...known, status }))
        }
      })
    },
    // The record is the order: the governor reads it where it was audited.
    setCircuit: (agent, order, asked) => change({
      asked, tables: [registrations, changes],
      decide: () => decideCircuit(agent, order, state.agents, changeStates),
      write: (_after, { recordOffset }) => changes.applied(recordOffset)
    }),
    // As above: the archiver reads it where it archives it.
    setHold: (holdId, hold, asked) => change({
      asked, tables: [changes], decide: () => decideHold(holdId, hold, changeStates), write: (_after, { recordOffset }) => changes.applied(recordOffset)
    }),
    releaseHold: (holdId, asked) => change({
      asked, tables: [changes], decide: () => decideRelease(holdId, changeStates), write: (_after, { recordOffset }) => changes.applied(recordOffset)
    })
  }
}
