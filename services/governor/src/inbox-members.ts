// How many instances each agent has: the members of its inbox group, asked for all groups in one call, every few seconds.
//
// M1. What was not answered lately is unknown, not zero.
import type { Logger } from '@mesh/runtime'
import type { Admin } from 'kafkajs'
import { inboxGroup } from './inboxes.ts'
import { startRepeating } from './repeating.ts'

export interface InboxMembersOptions {
  readonly admin: Admin
  readonly namespace: string
  agents (): readonly string[]
  readonly logger: Logger
}

export interface InboxMembers {
  /** Undefined where not known. */
  instances (agent: string): number | undefined
  close (): Promise<void>
}

const everyMs = 3_000
const holdsMs = 12_000

export async function startInboxMembers ({ admin, namespace, agents, logger }: InboxMembersOptions): Promise<InboxMembers> {
  let counts = new Map<string, number>()
  let askedAtMs = -Infinity
  await admin.connect()
  const repeating = startRepeating(everyMs, async () => {
    try {
      const atMs = performance.now()
      counts = await membersOf(admin, agents().map(agent => inboxGroup(namespace, agent)))
      askedAtMs = atMs
    } catch (error) {
      logger.warn({ reason: (error as Error).message }, 'the inbox groups could not be asked for their members')
    }
  })
  return {
    instances: agent => performance.now() - askedAtMs > holdsMs ? undefined : counts.get(inboxGroup(namespace, agent)),
    async close () {
      await repeating.stop()
      await admin.disconnect()
    }
  }
}

async function membersOf (admin: Admin, groupIds: readonly string[]): Promise<Map<string, number>> {
  if (groupIds.length === 0) return new Map()
  const { groups } = await admin.describeGroups([...groupIds])
  return new Map(groups.map(({ groupId, members }) => [groupId, members.length]))
}
