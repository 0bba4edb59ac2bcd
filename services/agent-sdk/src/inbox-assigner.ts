// Tells kafkajs who reads what and runs how much (core/assignment.ts decides), makes a rejoin wait for what runs, and lets
// a member ask for its share anew.
//
// Invariants:
//   S1. The wait before a rejoin is bounded by whoever gives `beforeRejoin`, well below the session's time-out: while it
//       waits, nothing is said to the broker.
//   S2. Members may say different maxima while a new version rolls out; the least holds for all.
//   S3. A share, and which processes are in the group, is known before the group's consumer is told of its partitions; what was
//       committed with their offsets, before their first records.
import kafkajs, { AssignerProtocol, type Broker, type Cluster, type PartitionAssigner } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import { allot, type WorkingMember } from './core/assignment.ts'
import type { FoundOffset } from './start-marks.ts'

/** What an instance is given with its partitions. */
export interface Grant {
  /** Handlers that it may run at once. */
  readonly handlers: number
  /** At so many handlers left it asks for its share anew; null for never. */
  readonly asksAgainAt: number | null
  /** Instances in the group. */
  readonly instances: number
}

export interface InboxAssignerOptions {
  readonly maxConcurrent: number
  readonly owned: () => Readonly<Record<string, readonly number[]>>
  /** Handlers that run just now. */
  readonly running: () => number
  readonly beforeRejoin: () => Promise<void>
  /** Names this process in the group. */
  readonly process: () => string
  /** `processes`: of the group's members, as far as they say; empty where its leader doesn't know. */
  readonly onGrant: (grant: Grant, processes: readonly string[]) => void
  readonly onOffsets: (offsets: readonly FoundOffset[]) => void
  /** Asked with each heartbeat; true makes the member join again. */
  readonly asksAgain: () => boolean
  readonly logger: Logger
}

type Member = WorkingMember & { readonly maxConcurrent: number, readonly process?: string | undefined }

/** What the client calls on its coordinator, beyond what it declares. */
interface Coordinator {
  syncGroup (request: unknown): Promise<{ memberAssignment: Buffer }>
  offsetFetch (request: unknown): Promise<{ responses: { topic: string, partitions: { partition: number, metadata: string | null }[] }[] }>
}

const name = 'mesh-inbox'
const version = 1
const userDataBytesMax = 64 * 1024
/** Each member is told of all, and the broker keeps it in one record. In a larger group none is told, and no crash is counted. */
const processesMax = 100
const count = z.int().min(0)
const memberSaid = z.object({
  owned: z.record(z.string(), z.array(count)), running: count, maxConcurrent: z.int().min(1), process: z.string().max(100).optional()
})
const grantSaid = z.object({
  handlers: count, asksAgainAt: count.nullable(), instances: z.int().min(1), processes: z.array(z.string()).default([])
})
/** From a leader of another version: the least that makes its partitions go on. */
const leastGrant: z.output<typeof grantSaid> = { handlers: 1, asksAgainAt: null, instances: 1, processes: [] }

export function inboxAssigner (options: InboxAssignerOptions): PartitionAssigner {
  return ({ cluster }) => {
    watchCoordinator(cluster, options)
    return {
      name,
      version,
      protocol: ({ topics }) => {
        const { maxConcurrent, owned, running, process } = options
        const said = { owned: owned(), running: running(), maxConcurrent, process: process() }
        return { name, metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(said)) }) }
      },
      async assign ({ members, topics }) {
        const partitionCounts = Object.fromEntries(topics.map(topic => [topic, cluster.findTopicPartitionMetadata(topic).length]))
        const asked = members.map(({ memberId, memberMetadata }) => memberFrom(memberId, memberMetadata, options))
        const processes = asked.length > processesMax ? [] : asked.flatMap(({ process }) => process ?? [])
        const maxConcurrent = Math.min(...asked.map(member => member.maxConcurrent))
        return [...allot(asked, maxConcurrent, partitionCounts)].map(([memberId, { partitions, handlers, asksAgainAt }]) => {
          const grant = { handlers, asksAgainAt, instances: members.length, processes }
          const userData = Buffer.from(JSON.stringify(grant))
          return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version, assignment: partitions, userData }) }
        })
      }
    }
  }
}

// kafkajs has no hook between learning of a rebalance and joining again, tells nobody what an assignment says beside
// partitions or an offset beside its number, and has no way to ask for a rebalance. Finding the group's coordinator is the first thing that a join does,
// and nothing else does it; a first join has nothing to wait for, and its wait ends at once. What the join is then answered,
// and heartbeats, go through the object that was found.
function watchCoordinator (cluster: Cluster, options: InboxAssignerOptions): void {
  const find = cluster.findGroupCoordinator.bind(cluster)
  cluster.findGroupCoordinator = async group => {
    await options.beforeRejoin()
    return watched(await find(group), options)
  }
}

const watched = (coordinator: Broker, { onGrant, onOffsets, asksAgain, logger }: InboxAssignerOptions): Broker => new Proxy(coordinator, {
  get (target, property) {
    if (property === 'syncGroup') {
      return async (request: unknown) => {
        const synced = await (target as unknown as Coordinator).syncGroup(request)
        const { processes, ...grant } = grantFrom(synced.memberAssignment, logger)
        onGrant(grant, processes)
        return synced
      }
    }
    if (property === 'offsetFetch') {
      return async (request: unknown) => {
        const fetched = await (target as unknown as Coordinator).offsetFetch(request)
        onOffsets(fetched.responses.flatMap(({ topic, partitions }) => partitions.map(({ partition, metadata }) => ({ topic, partition, metadata }))))
        return fetched
      }
    }
    if (property === 'heartbeat' && asksAgain()) return () => Promise.reject(rebalanceWanted())
    const value: unknown = Reflect.get(target, property, target)
    return typeof value === 'function' ? value.bind(target) as unknown : value
  }
})

/** What a heartbeat is answered during a rebalance; the client joins again, which begins one because what it says has changed. */
const rebalanceWanted = (): Error =>
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error('handlers have ended, shares are given out anew'), { type: 'REBALANCE_IN_PROGRESS', code: 27, retriable: false }))

function memberFrom (memberId: string, metadata: Buffer, { maxConcurrent, logger }: InboxAssignerOptions): Member {
  try {
    return { memberId, ...memberSaid.parse(said(AssignerProtocol.MemberMetadata.decode(metadata)?.userData)) }
  } catch {
    logger.warn('a member of the inbox group says unreadably what it has; taken as nothing')
    return { memberId, owned: {}, running: 0, maxConcurrent }
  }
}

function grantFrom (memberAssignment: Buffer, logger: Logger): z.output<typeof grantSaid> {
  try {
    return grantSaid.parse(said(AssignerProtocol.MemberAssignment.decode(memberAssignment)?.userData))
  } catch {
    logger.warn('the leader of the inbox group does not say how much may run at once; taken as one handler')
    return leastGrant
  }
}

function said (userData: Buffer | undefined): unknown {
  if (userData === undefined || userData.length > userDataBytesMax) throw new RangeError('says nothing, or too much')
  return JSON.parse(userData.toString())
}
