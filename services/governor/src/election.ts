// Which governor writes the circuits: the owner of the one partition of a consumer group that reads nothing.
//
// Invariants:
//   E1. It is the owner from a join that gave it the partition until the group rebalances, its consumer crashes, or its last
//       heartbeat is older than four fifths of the session: before anyone else can be given it.
//   E2. A process that stood still (was stopped, swapped out) may hear of a heartbeat that was answered long ago; after a
//       pause it needs a second one.
//   E3. The owner keeps the partition when others join: a change of owner costs seconds.
//   E4. `term` rises with each ownership that isn't the continuation of the last: another may have written in between.
import { type Logger, noOwnRestart, runAndComeBack } from '@mesh/runtime'
import { AssignerProtocol, type Kafka, type PartitionAssigner } from 'kafkajs'

export interface ElectionOptions {
  readonly kafka: Kafka
  readonly groupId: string
  /** Its partition 0 stands for the office; nothing is read. */
  readonly topic: string
  readonly sessionMs: number
  readonly logger: Logger
}

export interface Election {
  /** The running term, while this process is the owner. */
  term (): number | undefined
  /** Why this process takes no part, if so. */
  problem (): string | undefined
  close (): Promise<void>
}

const leaseShare = 0.8
const stillShare = 0.3
const watchMs = 250
const closeMsMax = 3_000

export async function startElection (options: ElectionOptions): Promise<Election> {
  const { kafka, groupId, topic, sessionMs, logger } = options
  let term = 0
  let isOwner = false
  let isSettled = false
  let memberId = ''
  let problem: string | undefined = 'has not joined its group yet'
  const lease = startLease(sessionMs)
  const consumer = kafka.consumer({
    groupId, partitionAssigners: [keepingOwner(topic, () => isOwner)], allowAutoTopicCreation: false, sessionTimeout: sessionMs, rebalanceTimeout: sessionMs,
    heartbeatInterval: Math.ceil(sessionMs / 6), maxWaitTimeInMs: Math.ceil(sessionMs / 12), retry: noOwnRestart
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause([{ topic, partitions: [0] }])
    const isGiven = (payload.memberAssignment[topic] ?? []).includes(0)
    if (isGiven && !(isOwner && payload.memberId === memberId)) term++
    if (isGiven !== isOwner) logger.info({ topic, isOwner: isGiven }, isGiven ? 'this governor writes the circuits' : 'another governor writes the circuits')
    memberId = payload.memberId
    isOwner = isGiven
    isSettled = true
    problem = undefined
    lease.renew()
  })
  consumer.on(consumer.events.HEARTBEAT, () => {
    // It is taken for the present generation only: a rebalance that came to nothing, because the coordinator was loading, is over.
    isSettled = memberId !== ''
    lease.renew()
  })
  consumer.on(consumer.events.REBALANCING, () => { isSettled = false })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    isOwner = isSettled = false
    problem = `the consumer stopped: ${payload.error.message}`
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: false })
  const stop = await runAndComeBack(consumer, () => consumer.run({ autoCommit: false, eachBatch: async () => {} }), logger)
  return {
    term: () => isOwner && isSettled && lease.holds() ? term : undefined,
    problem: () => problem ?? (lease.holds() ? undefined : 'its group was not heard of for a session'),
    async close () {
      isOwner = false
      lease.close()
      await stop()
      // What can't leave is forgotten by the broker.
      await Promise.race([consumer.disconnect(), new Promise(resolve => setTimeout(resolve, closeMsMax).unref())])
    }
  }
}

function startLease (sessionMs: number) {
  let renewedAtMs = -Infinity
  let seenAtMs = performance.now()
  let beatsMissing = 0
  const look = (): number => {
    const nowMs = performance.now()
    if (nowMs - seenAtMs > stillShare * sessionMs) beatsMissing = 2
    seenAtMs = nowMs
    return nowMs
  }
  const timer = setInterval(look, watchMs)
  return {
    renew () {
      renewedAtMs = look()
      if (beatsMissing > 0) beatsMissing--
    },
    holds: (): boolean => look() - renewedAtMs <= leaseShare * sessionMs && beatsMissing === 0,
    close: (): void => clearInterval(timer)
  }
}

const name = 'keeping-owner'
const version = 1
const owns = Buffer.from('owner')

const keepingOwner = (topic: string, isOwner: () => boolean): PartitionAssigner => () => ({
  name, version,
  protocol: ({ topics }) => ({ name, metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: isOwner() ? owns : Buffer.alloc(0) }) }),
  assign: async ({ members }) => {
    const inOrder = members.toSorted((a, b) => a.memberId < b.memberId ? -1 : 1)
    const chosen = inOrder.find(({ memberMetadata }) => AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.equals(owns)) ?? inOrder[0]
    return members.map(({ memberId }) => {
      const assignment = memberId === chosen?.memberId ? { [topic]: [0] } : {}
      return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }) }
    })
  }
})
