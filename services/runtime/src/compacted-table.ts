// A compacted topic held in memory by its reader: read whole, then kept in step.
//
// Invariants:
//   T1. The start resolves after everything up to the ends seen at the start was applied.
//   T2. Fresh means: the topic's ends were asked for within `freshMs`, and what was applied has reached them. Asking needs
//       the topic's brokers and nothing else.
//   T3. A record whose `apply` throws is tried again, for ever: it holds its partition, and freshness is lost.
//   T4. A topic that ends before what was read was made anew; the table is never fresh again, and its process must restart.
//   T5. The start ends with READ_STALLED when nothing moves for `stallMsMax`.
import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'
import { type PartitionReader, startPartitionReader } from './partition-reader.ts'
import { fetchTopicEnds, type TopicEnds } from './topic-ends.ts'

export interface TableRecord {
  readonly key: string
  /** Null is a tombstone: the key is gone. */
  readonly value: Buffer | null
  readonly offset: number
  /** Broker's or writer's time, as the topic keeps it. */
  readonly appendedAtMs: number
}

export interface CompactedTableOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly readerId: string
  /** The newest record of a key wins; a record may come twice. Records without a key are passed over. */
  readonly apply: (record: TableRecord) => void
  readonly freshMs: number
  /** 30,000 ms by default. */
  readonly stallMsMax?: number
  /** Longest wait of a fetch, ms; costs CPU when idle, not latency. */
  readonly maxWaitMs?: number
  readonly logger: Logger
}

export interface CompactedTable {
  /** Highest offset applied in partition 0; -1 before the first. */
  appliedOffset (): number
  isFresh (nowMs: number): boolean
  /** Why the table is not fresh, in words for /readyz. */
  problem (nowMs: number): string | undefined
  close (): Promise<void>
}

const startPollMs = 10

export async function startCompactedTable (options: CompactedTableOptions): Promise<CompactedTable> {
  const { kafka, topic, apply, logger } = options
  const admin = kafka.admin()
  let reader: PartitionReader | undefined
  try {
    await admin.connect()
    const ends = await fetchTopicEnds(admin, topic)
    reader = await startPartitionReader({
      kafka, topic, partitions: [...ends.keys()], readerId: options.readerId, from: 'earliest', logger, ...options.maxWaitMs === undefined ? {} : { maxWaitMs: options.maxWaitMs },
      onRecords (records) { for (const { key, value, offset, appendedAtMs } of records) if (key !== null) apply({ key: key.toString('utf8'), value, offset, appendedAtMs }) }
    })
    await untilApplied(reader, ends, options)
    // A long start would not be fresh at its end.
    const askedAtMs = Date.now()
    await untilApplied(reader, await fetchTopicEnds(admin, topic), options)
    return new Table(options, admin, reader, [...ends.keys()], askedAtMs)
  } catch (error) {
    await reader?.close()
    await admin.disconnect()
    throw error
  }
}

class Table implements CompactedTable {
  readonly #options: CompactedTableOptions
  readonly #admin: Admin
  readonly #reader: PartitionReader
  readonly #partitions: readonly number[]
  readonly #timer: NodeJS.Timeout
  #freshAtMs: number
  /** Ends that were asked for and are not reached yet. */
  #target: { readonly ends: TopicEnds, readonly askedAtMs: number } | undefined
  #isAsking = false
  #isOtherTopic = false
  #isClosed = false

  constructor (options: CompactedTableOptions, admin: Admin, reader: PartitionReader, partitions: readonly number[], freshAtMs: number) {
    this.#options = options
    this.#partitions = partitions
    this.#admin = admin
    this.#reader = reader
    this.#freshAtMs = freshAtMs
    // Twice within the time, so that one question may fail or be slow.
    this.#timer = setInterval(() => { void this.#ask() }, options.freshMs / 2)
  }

  appliedOffset (): number { return this.#reader.nextOffset(0) - 1 }

  isFresh (nowMs: number): boolean {
    this.#look()
    return !this.#isOtherTopic && nowMs - this.#freshAtMs <= this.#options.freshMs
  }

  problem (nowMs: number): string | undefined {
    if (this.isFresh(nowMs)) return undefined
    const { topic } = this.#options
    if (this.#isOtherTopic) return `${topic} ends before what was read of it: was it made anew? This process must be restarted`
    const reason = this.#reader.problem() ?? (this.#target === undefined ? 'its end could not be asked for' : 'its end is not reached')
    return `${topic} was last read to its end ${nowMs - this.#freshAtMs} ms ago: ${reason}`
  }

  async close (): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#reader.close()
    await this.#admin.disconnect()
  }

  #look (): void {
    if (this.#target === undefined || !hasApplied(this.#reader, this.#target.ends)) return
    this.#freshAtMs = this.#target.askedAtMs
    this.#target = undefined
  }

  async #ask (): Promise<void> {
    this.#look()
    if (this.#isAsking) return
    this.#isAsking = true
    const { topic, logger } = this.#options
    const askedAtMs = Date.now()
    const readBefore = new Map(this.#partitions.map(partition => [partition, this.#reader.nextOffset(partition)]))
    try {
      const ends = await fetchTopicEnds(this.#admin, topic)
      this.#look()
      // Ends that aren't reached yet stay the aim: under steady writing newer ones would be chased for ever.
      this.#target ??= { ends, askedAtMs }
      if (this.#isOtherTopic || this.#partitions.every(partition => (readBefore.get(partition) ?? 0) <= (ends.get(partition)?.high ?? 0))) return
      this.#isOtherTopic = true
      logger.error({ topic }, 'the topic ends before what was read of it; this process must be restarted')
    } catch (error) {
      logger.debug({ err: error, topic }, 'the end of a control topic could not be asked for')
    } finally {
      this.#isAsking = false
      // A question that was still being tried has connected the admin again.
      if (this.#isClosed) await this.#admin.disconnect()
    }
  }
}

const hasApplied = (reader: PartitionReader, ends: TopicEnds): boolean =>
  // What retention has deleted is not to be waited for.
  [...ends].every(([partition, { low, high }]) => Math.max(reader.nextOffset(partition), low) >= high)

async function untilApplied (reader: PartitionReader, ends: TopicEnds, { topic, stallMsMax = 30_000 }: CompactedTableOptions): Promise<void> {
  let read = -1
  let movedAtMs = performance.now()
  while (!hasApplied(reader, ends)) {
    const readNow = [...ends.keys()].reduce((sum, partition) => sum + reader.nextOffset(partition), 0)
    if (readNow > read) {
      read = readNow
      movedAtMs = performance.now()
    } else if (performance.now() - movedAtMs > stallMsMax) {
      throw new CodedError<RuntimeErrorCode>('READ_STALLED', `${topic} could not be read to its end, nothing moved for ${stallMsMax} ms: ${reader.problem() ?? 'no reason is known'}`, { retriable: true })
    }
    await pause(startPollMs)
  }
}
