// Tells kafkajs who reads what (core/assignment.ts decides), and makes a rejoin wait for what runs.
//
// Invariants:
//   S1. The wait before a rejoin is bounded by whoever gives `beforeRejoin`, well below the session's time-out: while it
//       waits, nothing is said to the broker.
import { AssignerProtocol, type Cluster, type PartitionAssigner } from 'kafkajs'
import type { Logger } from 'pino'
import { assignPartitions, type GroupMember } from './core/assignment.ts'

export interface InboxAssignerOptions {
  readonly owned: () => Readonly<Record<string, readonly number[]>>
  readonly beforeRejoin: () => Promise<void>
  readonly logger: Logger
}

const name = 'mesh-inbox'
const version = 1
const userDataBytesMax = 64 * 1024

export function inboxAssigner ({ owned, beforeRejoin, logger }: InboxAssignerOptions): PartitionAssigner {
  return ({ cluster }) => {
    waitBeforeRejoin(cluster, beforeRejoin)
    return {
      name,
      version,
      protocol: ({ topics }) => ({
        name,
        metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) })
      }),
      async assign ({ members, topics }) {
        const counts = Object.fromEntries(topics.map(topic => [topic, cluster.findTopicPartitionMetadata(topic).length]))
        const asked = members.map(({ memberId, memberMetadata }): GroupMember => ({ memberId, owned: ownedFrom(memberMetadata, logger) }))
        return [...assignPartitions(asked, counts)].map(([memberId, assignment]) => ({
          memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) })
        }))
      }
    }
  }
}

// kafkajs has no hook between learning of a rebalance and joining again. Finding the group's coordinator is the first
// thing that a join does, and nothing else does it; a first join has nothing to wait for, and its wait ends at once.
function waitBeforeRejoin (cluster: Cluster, beforeRejoin: () => Promise<void>): void {
  const find = cluster.findGroupCoordinator.bind(cluster)
  cluster.findGroupCoordinator = async group => {
    await beforeRejoin()
    return find(group)
  }
}

function ownedFrom (metadata: Buffer, logger: Logger): Record<string, number[]> {
  try {
    const userData = AssignerProtocol.MemberMetadata.decode(metadata)?.userData
    if (userData === undefined || userData.length === 0 || userData.length > userDataBytesMax) return {}
    return JSON.parse(userData.toString()) as Record<string, number[]>
  } catch {
    logger.warn('a member of the inbox group says unreadably what it has; taken as nothing')
    return {}
  }
}
