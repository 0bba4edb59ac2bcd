// A compacted topic held in memory by its reader: read whole, then kept in step.
//
// Invariants:
//   T1. The start resolves after everything up to the end offsets seen at the start was applied.
//   T2. Fresh means: within `freshMs` the topic's end was asked for, and what was applied had reached it.
//
// The writers of such topics are not transactional. A tail of aborted records would never be handed over by kafkajs;
// the start then ends with READ_STALLED after `startMsMax` instead of hanging.
import type { Admin, Kafka } from 'kafkajs'
import { CodedError } from './errors.ts'
import type { Logger } from './logger.ts'
import { type PartitionReader, startPartitionReader } from './partition-reader.ts'

export interface TableRecord {
  readonly key: string
  /** Null is a tombstone: the key is gone. */
  readonly value: Buffer | null
  readonly offset: number
}

export interface CompactedTableOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly readerId: string
  readonly apply: (record: TableRecord) => void
  readonly freshMs: number
  readonly logger: Logger
}

export interface CompactedTable {
  /** Highest offset applied in partition 0; -1 before the first. */
  appliedOffset (): number
  isFresh (nowMs: number): boolean
  close (): Promise<void>
}

const startMsMax = 30_000
const startPollMs = 10

export async function startCompactedTable (options: CompactedTableOptions): Promise<CompactedTable> {
  const { kafka, topic, apply, logger, freshMs } = options
  const admin = kafka.admin()
  await admin.connect()
  const ends = await endOffsets(admin, topic)
  const reader = await startPartitionReader({
    kafka, topic, partitions: [...ends.keys()], readerId: options.readerId, from: 'earliest', logger,
    onRecords (records) { for (const { key, value, offset } of records) if (key !== null) apply({ key: key.toString('utf8'), value, offset }) }
  })
  await untilApplied(reader, ends, topic)
  let freshAtMs = Date.now()
  let asking = false
  const timer = setInterval(() => {
    if (asking) return
    asking = true
    const askedAtMs = Date.now()
    endOffsets(admin, topic)
      .then(now => { if (hasApplied(reader, now)) freshAtMs = askedAtMs })
      .catch(error => logger.debug({ err: error, topic }, 'the end of a control topic could not be asked for'))
      .finally(() => { asking = false })
  }, freshMs / 4)
  return {
    appliedOffset: () => reader.nextOffset(0) - 1,
    isFresh: nowMs => nowMs - freshAtMs <= freshMs,
    async close () {
      clearInterval(timer)
      await reader.close()
      await admin.disconnect()
    }
  }
}

const hasApplied = (reader: PartitionReader, ends: ReadonlyMap<number, number>): boolean =>
  [...ends].every(([partition, end]) => reader.nextOffset(partition) >= end)

async function endOffsets (admin: Admin, topic: string): Promise<Map<number, number>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
}

async function untilApplied (reader: PartitionReader, ends: ReadonlyMap<number, number>, topic: string): Promise<void> {
  const untilMs = performance.now() + startMsMax
  while (!hasApplied(reader, ends)) {
    if (performance.now() > untilMs) {
      await reader.close()
      throw new CodedError('READ_STALLED', `${topic} could not be read to its end in ${startMsMax} ms; does a transactional producer write to it?`, { retriable: true })
    }
    await new Promise(resolve => setTimeout(resolve, startPollMs))
  }
}
