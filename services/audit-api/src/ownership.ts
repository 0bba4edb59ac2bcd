// Who owns which agent, as the registry's topic says.
//
// W1. What can't be known is not guessed: while the topic is not read to its end as of `freshMs`, an owner gets no answer.
// W2. A record that can't be read is passed over and counted.

import { startCompactedTable, type Logger } from '@mesh/runtime'
import type { Codec } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'
import { createTeams } from './core/teams.ts'
import { ApiError } from './errors.ts'

/** Asked for four times as often; a minute keeps an idle process idle. */
const freshMs = 60_000
const maxWaitMs = 5_000

export interface Ownership {
  agentsOf (team: string): ReadonlySet<string>
  problem (): string | undefined
  close (): Promise<void>
}

export interface OwnershipOptions {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly topic: string
  readonly readerId: string
  readonly logger: Logger
}

export async function openOwnership ({ kafka, codec, topic, readerId, logger }: OwnershipOptions): Promise<Ownership> {
  const teams = createTeams()
  const table = await startCompactedTable({
    kafka, topic, readerId, freshMs, maxWaitMs, logger,
    apply ({ key, value, offset }) {
      try {
        if (value === null) teams.remove(key)
        else teams.put(key, codec.decode('AgentRegistration', value), offset)
      } catch (error) {
        logger.warn({ topic, offset, reason: (error as Error).message }, 'record is no registration; passed over')
      }
    }
  })
  return {
    agentsOf (team) {
      if (!table.isFresh(Date.now())) throw new ApiError('UNAVAILABLE', 'Which agents the team owns is not known at this moment.')
      return teams.agentsOf(team)
    },
    problem: () => table.problem(Date.now()),
    close: () => table.close()
  }
}
