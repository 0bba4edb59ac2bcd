// Reads given partitions of one topic, outside any shared group: a group of one, with an assigner that takes just the
// wanted partitions (kafkajs has no manual assignment).
//
// Invariants:
//   R1. With 'latest', nothing appended after the promise resolved is missed: positions are read from the broker first.
//   R2. A rejoin goes on at the reader's own next offset; nothing is committed.
//   R3. The group's id is random, and the group is deleted at close, so that groups don't pile up.
import { randomUUID } from 'node:crypto'
import { AssignerProtocol, type Consumer, type EachBatchPayload, type Kafka, type PartitionAssigner } from 'kafkajs'
import { runAndComeBack } from './coming-back.ts'
import type { Logger } from './logger.ts'

export interface ReaderRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly appendedAtMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
}

export interface PartitionReaderOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly partitions: readonly number[]
  /** First part of the group's id; ACLs grant groups by this prefix. */
  readonly readerId: string
  readonly from: 'earliest' | 'latest'
  /** Records of one partition in order; a promise holds back the next batch of that partition. */
  readonly onRecords: (records: readonly ReaderRecord[]) => void | Promise<void>
  /** Longest wait of a fetch, ms; costs CPU when idle, not latency. */
  readonly maxWaitMs?: number
  readonly logger: Logger
}

export interface PartitionReader {
  /** Next offset of each partition that was handed over. */
  nextOffset (partition: number): number
  close (): Promise<void>
}

const sessionTimeoutMs = 10_000

export async function startPartitionReader (options: PartitionReaderOptions): Promise<PartitionReader> {
  const { kafka, topic, partitions, logger } = options
  const groupId = `${options.readerId}.${randomUUID()}`
  const next = await firstOffsets(kafka, topic, partitions, options.from)
  const consumer = kafka.consumer({
    groupId, partitionAssigners: [onlyThese(topic, partitions)], sessionTimeout: sessionTimeoutMs, heartbeatInterval: 3_000,
    maxWaitTimeInMs: options.maxWaitMs ?? 250, minBytes: 1, readUncommitted: false
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const joined = new Promise<void>(resolve => {
    // Listeners run before the next fetch, so no record at another position comes through.
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const partition of partitions) consumer.seek({ topic, partition, offset: String(next.get(partition)) })
      resolve()
    })
  })
  const stop = await runAndComeBack(consumer, () => consumer.run({
    autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: partitions.length,
    eachBatch: payload => handOver(payload, next, options)
  }), logger)
  await joined
  return {
    nextOffset: partition => next.get(partition) ?? 0,
    close () {
      stop()
      return closeReader(consumer, kafka, groupId, logger)
    }
  }
}

async function handOver (payload: EachBatchPayload, next: Map<number, number>, options: PartitionReaderOptions): Promise<void> {
  const { batch, resolveOffset, isStale, isRunning } = payload
  if (isStale() || !isRunning()) return
  const from = next.get(batch.partition) ?? 0
  const records: ReaderRecord[] = []
  for (const { offset, timestamp, key, value, headers } of batch.messages) {
    if (Number(offset) < from) continue
    const { topic, partition } = batch
    records.push({ topic, partition, offset: Number(offset), appendedAtMs: Number(timestamp), key, value, headers: headers ?? {} })
  }
  if (records.length > 0) await options.onRecords(records)
  next.set(batch.partition, Math.max(from, Number(batch.lastOffset()) + 1))
  resolveOffset(batch.lastOffset())
}

async function firstOffsets (kafka: Kafka, topic: string, partitions: readonly number[], from: 'earliest' | 'latest'): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    const wanted = offsets.filter(({ partition }) => partitions.includes(partition))
    return new Map(wanted.map(({ partition, low, high }) => [partition, Number(from === 'earliest' ? low : high)]))
  } finally {
    await admin.disconnect()
  }
}

const onlyThese = (topic: string, partitions: readonly number[]): PartitionAssigner => () => ({
  name: 'only-these',
  version: 1,
  protocol: ({ topics }) => ({ name: 'only-these', metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }) }),
  assign: async ({ members }) => {
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 1, assignment: { [topic]: [...partitions] }, userData: Buffer.alloc(0) })
    return members.map(({ memberId }) => ({ memberId, memberAssignment }))
  }
})

async function closeReader (consumer: Consumer, kafka: Kafka, groupId: string, logger: Logger): Promise<void> {
  await consumer.disconnect()
  const admin = kafka.admin()
  try {
    await admin.connect()
    await admin.deleteGroups([groupId])
  } catch (error) {
    logger.debug({ err: error, groupId }, 'the group of a reader was left behind; the broker forgets it in time')
  } finally {
    await admin.disconnect()
  }
}
