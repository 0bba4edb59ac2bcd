// What operators order about keys: the change is audited first, then the records are written (change-path.ts).

import type { AgentKey, AgentRegistration } from '@mesh/schemas'
import type { ChangePath, ChangeResult } from './change-path.ts'
import type { ControlTopic } from './control-topic.ts'
import type { AskedChange } from './core/control-change.ts'
import type { Problem } from './core/codes.ts'
import { decideFirstKey, decideRevocation, decideRotation, type KeyFacts, type Keys, type OfferedKey } from './core/keys.ts'
import type { RegistryState } from './core/state.ts'

export interface KeyChangePorts {
  readonly change: ChangePath
  readonly keys: Keys
  readonly agents: RegistryState
  readonly keyTopic: Pick<ControlTopic<AgentKey>, 'caughtUp' | 'append' | 'applied'>
  readonly registrations: Pick<ControlTopic<AgentRegistration>, 'caughtUp'>
  nowMs (): number
}

export interface KeyChanges {
  /** The key that a registration brings; answers what is wrong with it. */
  takeFirst (agent: string, offered: OfferedKey, by: string): Promise<Problem | undefined>
  rotate (agent: string, offered: OfferedKey, overlapMs: number, asked: AskedChange): Promise<ChangeResult<KeyFacts>>
  revoke (agent: string, keyId: string, asked: AskedChange): Promise<ChangeResult<KeyFacts>>
}

export function keyChanges ({ change, keys, agents, keyTopic, registrations, nowMs }: KeyChangePorts): KeyChanges {
  const tables = [keyTopic, registrations]

  async function write (records: readonly AgentKey[]): Promise<void> {
    for (const record of records) await keyTopic.applied(await keyTopic.append(record.keyId, record))
  }

  return {
    async takeFirst (agent, offered, by) {
      await keyTopic.caughtUp()
      const decision = decideFirstKey(agent, offered, keys, by, nowMs())
      if (decision.outcome === 'refused') return decision.problem
      if (decision.outcome === 'added') await write([decision.key])
      return undefined
    },
    rotate (agent, offered, overlapMs, asked) {
      let records: readonly AgentKey[] = []
      return change({
        asked, tables,
        decide () {
          const rotation = decideRotation(agent, offered, overlapMs, keys, agents, asked.who, nowMs())
          records = rotation.records
          return rotation.decision
        },
        write: () => write(records)
      })
    },
    revoke (agent, keyId, asked) {
      let record: AgentKey | undefined
      return change({
        asked, tables,
        decide () {
          const revocation = decideRevocation(agent, keyId, keys, asked.who, nowMs())
          record = revocation.record
          return revocation.decision
        },
        write: () => write(record === undefined ? [] : [record])
      })
    }
  }
}
