// Reads given partitions of one topic, outside any shared group: a group of one, with an assigner that takes just the
// wanted partitions.
//
// Invariants:
//   R1. With 'latest', nothing appended after the promise resolved is missed: positions are read from the broker first.
//   R2. A rejoin goes on at the reader's own next offset; nothing is committed.
//   R3. Records of a partition are handed over in order, one call at a time. A call that fails is made again with the
//       same records and what came after, with growing pauses, for ever; `problem` says so meanwhile.
//   R4. Only read-committed records are handed over. What kafkajs passes over in silence (markers, aborted records) moves
//       the position all the same.
//   R5. The group's id is random, and the group is deleted at close, so that groups don't pile up.
//   R6. Joining and closing have bounds: READ_STALLED, and leaving the rest to the broker.
import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { noOwnRestart, runAndComeBack } from './coming-back.ts'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import { onlyThese } from './group-of-one.ts'
import type { Logger } from './logger.ts'
import { fetchTopicEnds } from './topic-ends.ts'
import { tooLate, within } from './within.ts'

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
  /** Everything below this was handed over, or isn't for readers. */
  nextOffset (partition: number): number
  /** Why nothing is read at the moment, if so. */
  problem (): string | undefined
  close (): Promise<void>
}

const sessionTimeoutMs = 10_000
const joinMsMax = 60_000
const closeMsMax = 3_000
const closeRetriesMax = 3

export async function startPartitionReader (options: PartitionReaderOptions): Promise<PartitionReader> {
  const reader = new GroupOfOne(options, await firstOffsets(options))
  try {
    await reader.start()
    return reader
  } catch (error) {
    await reader.close()
    throw error
  }
}

class GroupOfOne implements PartitionReader {
  readonly #options: PartitionReaderOptions
  readonly #groupId: string
  readonly #consumer: Consumer
  readonly #next: Map<number, number>
  /** The call at work on each partition: kafkajs may hand over the next batch after a rejoin while it runs (R3). */
  readonly #turns = new Map<number, Promise<void>>()
  #groupProblem: string | undefined = 'has not joined its group yet'
  #recordsProblem: string | undefined
  #stop: () => PromiseLike<void> = () => Promise.resolve()

  constructor (options: PartitionReaderOptions, next: Map<number, number>) {
    this.#options = options
    this.#next = next
    this.#groupId = `${options.readerId}.${randomUUID()}`
    this.#consumer = options.kafka.consumer({
      groupId: this.#groupId, partitionAssigners: [onlyThese(options.topic, options.partitions)], allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs, heartbeatInterval: 3_000, maxWaitTimeInMs: options.maxWaitMs ?? 250, minBytes: 1, readUncommitted: false,
      retry: noOwnRestart
    })
  }

  async start (): Promise<void> {
    const { topic, partitions, logger } = this.#options
    const { GROUP_JOIN, CRASH, END_BATCH_PROCESS } = this.#consumer.events
    const joined = Promise.withResolvers<void>()
    this.#consumer.on(GROUP_JOIN, () => {
      // Listeners run before the next fetch, so no record at another position comes through.
      for (const partition of partitions) this.#consumer.seek({ topic, partition, offset: String(this.nextOffset(partition)) })
      this.#groupProblem = undefined
      joined.resolve()
    })
    this.#consumer.on(CRASH, ({ payload }) => { this.#groupProblem = `the consumer stopped: ${payload.error.message}` })
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      // Nothing for readers in it, so kafkajs did not hand it over (R4).
      if (payload.batchSize === 0) this.#passed(payload.partition, Number(payload.lastOffset))
    })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: true })
    this.#stop = await runAndComeBack(this.#consumer, () => this.#consumer.run({
      autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: partitions.length,
      eachBatch: payload => this.#inTurn(payload)
    }), logger)
    if (await within(joinMsMax, joined.promise) === tooLate) {
      throw stalled(`a reader of ${topic} could not join its group in ${joinMsMax} ms: ${this.#groupProblem}`)
    }
  }

  nextOffset (partition: number): number { return this.#next.get(partition) ?? 0 }
  problem (): string | undefined { return this.#recordsProblem ?? this.#groupProblem }

  async close (): Promise<void> {
    const { kafka, topic, logger } = this.#options
    this.#groupProblem = 'is closed'
    await this.#stop()
    const left = await within(closeMsMax, this.#consumer.disconnect())
    if (left === tooLate) return logger.debug({ topic, groupId: this.#groupId }, 'a reader could not leave its group; the broker forgets it in time')
    const admin = kafka.admin({ retry: { retries: closeRetriesMax } })
    try {
      await admin.connect()
      await admin.deleteGroups([this.#groupId])
    } catch (error) {
      logger.debug({ err: error, groupId: this.#groupId }, 'the group of a reader was left behind; the broker forgets it in time')
    } finally {
      await admin.disconnect()
    }
  }

  async #inTurn (payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch
    const turn = (this.#turns.get(partition) ?? Promise.resolve()).then(() => this.#handOver(payload))
    this.#turns.set(partition, turn.catch(() => {}))
    await turn
  }

  async #handOver ({ batch, resolveOffset, isStale, isRunning }: EachBatchPayload): Promise<void> {
    if (isStale() || !isRunning()) return
    const { topic, partition } = batch
    const from = this.nextOffset(partition)
    const records: ReaderRecord[] = []
    for (const { offset, timestamp, key, value, headers } of batch.messages) {
      if (Number(offset) < from) continue
      records.push({ topic, partition, offset: Number(offset), appendedAtMs: Number(timestamp), key, value, headers: headers ?? {} })
    }
    try {
      if (records.length > 0) await this.#options.onRecords(records)
    } catch (error) {
      this.#recordsProblem = `records from ${topic}/${partition}/${records[0]?.offset} on could not be taken: ${(error as Error).message}`
      throw error
    }
    this.#recordsProblem = undefined
    this.#passed(partition, Number(batch.lastOffset()))
    resolveOffset(batch.lastOffset())
  }

  #passed (partition: number, offset: number): void {
    this.#next.set(partition, Math.max(this.nextOffset(partition), offset + 1))
  }
}

async function firstOffsets ({ kafka, topic, partitions, from }: PartitionReaderOptions): Promise<Map<number, number>> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const ends = await fetchTopicEnds(admin, topic)
    return new Map(partitions.map(partition => {
      const at = ends.get(partition)
      if (at === undefined) throw new CodedError<RuntimeErrorCode>('UNKNOWN_PARTITION', `${topic} has no partition ${partition}`, { retriable: true })
      return [partition, from === 'earliest' ? at.low : at.high]
    }))
  } finally {
    await admin.disconnect()
  }
}

const stalled = (message: string): CodedError<RuntimeErrorCode> => new CodedError('READ_STALLED', message, { retriable: true })
