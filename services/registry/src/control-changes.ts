// The path of a change that an operator asks for: quotas, and the status of agents.
//
// P1. One at a time, in one queue with the registrations: the next is decided when the last is visible in the state.
// P2. The audit record is acknowledged before the control record is sent: no change without its record. A registry that dies
//     in between leaves a record of a change that was not made; the `before` of the next one shows it (DECISIONS 9).
// P3. The answer is given after the change is in the state that GET reads.
// P4. What is so already writes nothing.

import type { AgentRegistration, AgentStatus, ControlChange, Quota } from '@mesh/schemas'
import type { ControlTopic } from './control-topic.ts'
import { decideStatus } from './core/agent-status.ts'
import { changeRecord, type AskedChange, type ChangeDecision } from './core/control-change.ts'
import { decideNoQuota, decideQuota, quotaIdOf, type AskedQuota, type QuotaLimits, type QuotaOwner, type QuotaState } from './core/quotas.ts'
import { registrationKey } from './core/state.ts'
import type { SerialQueue } from './serial-queue.ts'

type Table<T> = Pick<ControlTopic<T>, 'caughtUp' | 'append' | 'applied'>

export interface ControlChangePorts {
  readonly queue: SerialQueue
  readonly state: QuotaState
  readonly registrations: Table<AgentRegistration>
  readonly quotas: Table<Quota>
  nowMs (): number
  newId (): string
  /** Resolves when the change is in mesh.changes, with all replicas' acknowledgement. */
  record (change: ControlChange): Promise<void>
}

export type ChangeResult<V> = ChangeDecision<V> & { readonly changeId?: string }

export interface ControlChanges {
  setQuota (owner: QuotaOwner, quota: AskedQuota, asked: AskedChange): Promise<ChangeResult<QuotaLimits>>
  unsetQuota (owner: QuotaOwner, asked: AskedChange): Promise<ChangeResult<QuotaLimits>>
  setStatus (agent: string, status: AgentStatus, asked: AskedChange): Promise<ChangeResult<AgentStatus>>
}

export function controlChanges (ports: ControlChangePorts): ControlChanges {
  const { queue, state, registrations, quotas } = ports

  function change<V> (asked: AskedChange, decide: () => ChangeDecision<V>, write: (after: V | null, atMs: number) => Promise<void>): Promise<ChangeResult<V>> {
    return queue.run(async () => {
      await Promise.all([registrations.caughtUp(), quotas.caughtUp()])
      const decision = decide()
      if (decision.outcome !== 'changed') return decision
      const facts = { changeId: ports.newId(), atMs: ports.nowMs() }
      await ports.record(changeRecord(decision, asked, facts))
      await write(decision.after, facts.atMs)
      return { ...decision, changeId: facts.changeId }
    })
  }

  const writeQuota = (owner: QuotaOwner, { who }: AskedChange) => async (limits: QuotaLimits | null, atMs: number): Promise<void> => {
    const quotaId = quotaIdOf(owner)
    await quotas.applied(await quotas.append(quotaId, limits === null ? null : { quotaId, ...limits, changedBy: who, changedAtMs: atMs }))
  }

  return {
    setQuota: (owner, quota, asked) => change(asked, () => decideQuota(owner, quota, state), writeQuota(owner, asked)),
    unsetQuota: (owner, asked) => change(asked, () => decideNoQuota(owner, state), writeQuota(owner, asked)),
    setStatus (agent, status, asked) {
      let known: AgentRegistration | undefined
      const decide = (): ChangeDecision<AgentStatus> => {
        known = state.agents.currentByName.get(agent)?.registration
        return decideStatus(agent, status, known)
      }
      return change(asked, decide, async () => {
        if (known === undefined) return
        await registrations.applied(await registrations.append(registrationKey(agent, known.version), { ...known, status }))
      })
    }
  }
}
