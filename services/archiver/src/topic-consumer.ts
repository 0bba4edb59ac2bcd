// Reads the partitions of one topic and hands runs of records to the path.
//
// A1. Where to read comes from the database, never from Kafka: a partition is paused from the moment it is assigned until
//     its position is known. Kafka gets the positions afterwards, for lag monitors only.
// A2. A run that was stored sets the position; nothing else does. What is below the position is passed over.
// A3. While a run waits for the database the group is kept alive by heartbeats; if the group rebalances, waiting ends.
// A4. Records that were deleted before they were archived are recorded as lost, once, by position.
// A5. A topic that ends before the position belongs to another cluster: its partition is held, and readiness says so.
// A6. A consumer that crashed comes back, whatever the error; kafkajs alone returns from some only.

import { type Logger, noOwnRestart, runAndComeBack } from '@mesh/runtime'
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Persistence } from './persistence.ts'
import type { AppendResult, ArchiveResult, RawRecord, RawRun } from './pipeline.ts'
import type { Chunk } from './core/chunk.ts'
import { keepingAlive } from './keeping-alive.ts'

export interface TopicConsumerOptions extends Persistence {
  readonly kafka: Kafka
  readonly admin: Admin
  readonly topic: string
  readonly groupId: string
  readonly sessionMs: number
  readonly runRecordsMax: number
  readonly logger: Logger
  nextOffset (topic: string, partition: number): Promise<number>
  append (chunk: Chunk): Promise<AppendResult>
  archive (run: RawRun, signal: AbortSignal): Promise<ArchiveResult>
  onAssigned (partitions: readonly number[]): void
  /** Before and after each run; the first of them was appended then. */
  onLag (partition: number, lagRecords: number, appendedAtMs: number): void
}

export interface TopicConsumer {
  /** The problem with reading, or undefined. */
  problem (): string | undefined
  close (): Promise<void>
}

interface Position { nextOffset: number, monitorCommitAtMs: number }

const bytesPerPartitionMax = 4 * 1024 * 1024
const bytesMax = 16 * 1024 * 1024
// A transaction costs PostgreSQL and the archiver about the same for ten events as for a hundred: while more comes, wait for it.
const fetchWaitMs = 250
const bytesMin = 256 * 1024
// While PostgreSQL works on one, the next is decoded: 28,000 events/s instead of 18,000.
const partitionsAtOnceMax = 2
const monitorCommitMs = 1_000

async function openConsumer ({ kafka, topic, groupId, sessionMs }: TopicConsumerOptions): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId, sessionTimeout: sessionMs, rebalanceTimeout: Math.max(sessionMs, 10_000), heartbeatInterval: Math.ceil(sessionMs / 10),
    maxWaitTimeInMs: fetchWaitMs, maxBytesPerPartition: bytesPerPartitionMax, minBytes: bytesMin, maxBytes: bytesMax, readUncommitted: false,
    allowAutoTopicCreation: false, retry: noOwnRestart
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  return consumer
}

export async function startTopicConsumer (options: TopicConsumerOptions): Promise<TopicConsumer> {
  const { topic, logger, sessionMs } = options
  const consumer = await openConsumer(options)
  const positions = new Map<number, Position>()
  let assignment = new AbortController()
  let trouble: string | undefined = 'not in the consumer group yet'
  /** Pauses the partition until its position is known again. */
  function hold (partition: number): void {
    positions.delete(partition)
    consumer.pause([{ topic, partitions: [partition] }])
    const { signal } = assignment
    void prepare(partition, signal).catch(error => { if (!signal.aborted) logger.error({ topic, partition, reason: (error as Error).message }, 'partition could not be prepared') })
  }
  async function prepare (partition: number, signal: AbortSignal): Promise<void> {
    const { nextOffset, seekOffset } = await options.persist(`${topic}/${partition}`, () => findPosition(partition, options), signal)
    signal.throwIfAborted()
    positions.set(partition, { nextOffset, monitorCommitAtMs: 0 })
    consumer.seek({ topic, partition, offset: String(seekOffset) })
    consumer.resume([{ topic, partitions: [partition] }])
  }

  async function onBatch (payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { signal } = assignment
    const position = positions.get(batch.partition)
    if (position === undefined || payload.isStale() || !payload.isRunning()) return
    if (await hasLost(batch, position, options)) return hold(batch.partition)
    const records = rawRecords(batch, position.nextOffset)
    // Said before it is archived, since that may have to wait for the database.
    tellLag(batch, 0, position, options)
    for (let from = 0; from < records.length; from += options.runRecordsMax) {
      const part = records.slice(from, from + options.runRecordsMax)
      const isLast = from + part.length === records.length
      const lastOffset = part.at(-1)?.offset ?? 0
      // The markers after the last record belong to it: passed over with it, and no lag is shown for them.
      const nextOffset = isLast ? Number(batch.lastOffset()) + 1 : lastOffset + 1
      const run = { topic, partition: batch.partition, startOffset: position.nextOffset, nextOffset, records: part }
      const result = await keepingAlive(payload.heartbeat, sessionMs, signal, inner => options.archive(run, inner))
      if (result === 'called-off' || positions.get(batch.partition) !== position) return
      if (result.outcome === 'moved') return hold(batch.partition)
      position.nextOffset = nextOffset
      payload.resolveOffset(String(lastOffset))
      tellLag(batch, -1, position, options)
      if (payload.isStale() || !payload.isRunning()) return
    }
    if (records.length === 0) payload.resolveOffset(batch.lastOffset())
    await commitForMonitors(consumer, batch.partition, position, options)
  }

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    // Runs before the next fetch, so it holds everything before any await.
    assignment.abort(new Error('the group has a new assignment'))
    assignment = new AbortController()
    trouble = undefined
    const partitions = payload.memberAssignment[topic] ?? []
    positions.clear()
    options.onAssigned(partitions)
    logger.info({ topic, partitions }, 'partitions assigned')
    for (const partition of partitions) hold(partition)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    trouble = `the consumer stopped: ${payload.error.message}`
    // Positions can't be set until it has joined again, and then they are set anew.
    assignment.abort(new Error('the consumer stopped'))
  })

  const stop = await runAndComeBack(consumer, () => consumer.run({
    autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: partitionsAtOnceMax, eachBatch: onBatch
  }), logger)
  return {
    problem: () => trouble,
    async close () {
      assignment.abort(new Error('the archiver stops'))
      await stop()
      await consumer.disconnect()
    }
  }
}

/** By the batch's first or last record: what waits was appended then, or a little later. */
function tellLag ({ partition, highWatermark, messages }: EachBatchPayload['batch'], at: 0 | -1, { nextOffset }: Position, { onLag }: TopicConsumerOptions): void {
  onLag(partition, Math.max(0, Number(highWatermark) - nextOffset), Number(messages.at(at)?.timestamp ?? Date.now()))
}

/** Where to read on, once it agrees with the topic; throws where it must be tried again. */
async function findPosition (partition: number, options: TopicConsumerOptions): Promise<{ readonly nextOffset: number, readonly seekOffset: number }> {
  const { topic } = options
  const nextOffset = await options.nextOffset(topic, partition)
  const ends = (await options.admin.fetchTopicOffsets(topic)).find(end => end.partition === partition)
  if (ends === undefined) throw new Error(`${topic} has no partition ${partition}`)
  const lowOffset = Number(ends.low)
  if (nextOffset > Number(ends.high)) {
    throw new Error(`${topic}/${partition} is archived up to ${nextOffset} but ends at ${ends.high}: is it another cluster's? Delete its row in progress to archive it anew`)
  }
  // An archive that begins now may begin late; one that had begun has lost what is gone.
  if (lowOffset <= nextOffset || nextOffset === 0) return { nextOffset, seekOffset: Math.max(nextOffset, lowOffset) }
  const detail = `up to offset ${lowOffset - 1}`
  options.logger.error({ topic, partition, nextOffset, lowOffset }, 'records were deleted before they were archived')
  const loss = { topic, partition, startOffset: nextOffset, nextOffset: lowOffset, events: [], changes: [], alerts: [], queries: [], restatedEvents: 0, rejections: [{ offset: nextOffset, reason: 'OFFSETS_LOST' as const, detail }] }
  const result = await options.append(loss)
  if (result.outcome !== 'stored') throw new Error(`progress of ${topic}/${partition} moved meanwhile`)
  return { nextOffset: lowOffset, seekOffset: lowOffset }
}

/** Whether the broker went on behind our back (offset out of range): a jump that the log's beginning explains. */
async function hasLost (batch: EachBatchPayload['batch'], position: Position, { admin, topic }: TopicConsumerOptions): Promise<boolean> {
  const { fetchedOffset } = batch as unknown as { readonly fetchedOffset: string }
  if (position.nextOffset === 0 || Number(fetchedOffset) <= position.nextOffset) return false
  const ends = await admin.fetchTopicOffsets(topic)
  return Number(ends.find(end => end.partition === batch.partition)?.low ?? 0) > position.nextOffset
}

async function commitForMonitors (consumer: Consumer, partition: number, position: Position, { topic, logger }: TopicConsumerOptions): Promise<void> {
  const nowMs = performance.now()
  if (nowMs - position.monitorCommitAtMs < monitorCommitMs) return
  position.monitorCommitAtMs = nowMs
  await consumer.commitOffsets([{ topic, partition, offset: String(position.nextOffset) }])
    .catch(error => logger.debug({ partition, reason: (error as Error).message }, 'offset for lag monitors not committed'))
}

function rawRecords (batch: EachBatchPayload['batch'], fromOffset: number): RawRecord[] {
  const records: RawRecord[] = []
  for (const { offset, value, headers } of batch.messages) {
    const at = Number(offset)
    if (at >= fromOffset) records.push({ offset: at, value, isClaim: headers?.['claim'] !== undefined })
  }
  return records
}
