// Sends records in batches that form by themselves: what is queued while one send is in flight goes as the next one.
// A record alone leaves at once. One that may linger waits for others while batches leave in close order, because a
// request costs about the same for one record as for fifty, here, at the broker and where it is read.
//
// Invariants:
//   B1. Records of a partition arrive in the order of `send`; one batch is in flight at a time.
//   B2. Each record's `done` is called exactly once.
//   B3. At most `queueRecordsMax` records wait; one more is refused with QUEUE_FULL.
//   B4. A batch has at most `batchRecordsMax` records and `batchBytesMax` bytes; a record over that goes alone, so that the
//       broker's refusal of its size meets nobody else.
//   B5. Only what the broker answered for was sent: kafkajs says nothing of records for a partition that it doesn't know.
//   B6. After a failed batch the producer is replaced. kafkajs gives the next batch the failed one's sequence number; had
//       the broker written that one after all, it would take the next for a repeat, acknowledge it and drop it.
//   B7. Nothing lingers once a record that may not is queued, a batch is full, or a flush waits; nor longer than `lingerMs`
//       after the last batch left.
//   B8. Once closed, what waits is still sent, until a batch fails; then the rest ends with CLOSED at once.
import type { Kafka, Message, Producer, RecordMetadata, TopicMessages } from 'kafkajs'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'

export interface SendRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly headers?: Record<string, string | Buffer>
  /** Whether it may wait some milliseconds for more, so that a flood leaves in fewer requests. */
  readonly mayLinger?: boolean
}

/** After success, the offset at which the record was written. */
export type SendDone = (error?: SendError, offset?: number) => void

export interface BatchSender {
  /**
   * Never throws; `done` tells the end. SEND_FAILED means not acknowledged: the record may be in the topic all the same.
   *
   * @example sender.send({ topic, partition: 0, key: 'k', value }, error => { if (error?.retriable) … })
   */
  send (record: SendRecord, done: SendDone): void
  /** Resolves when everything sent before has been answered. */
  flush (): Promise<void>
  close (): Promise<void>
}

export interface BatchSenderOptions {
  readonly kafka: Kafka
  readonly logger: Logger
  readonly batchRecordsMax?: number
  /** Below the topics' message.max.bytes, which bounds a whole batch. */
  readonly batchBytesMax?: number
  readonly queueRecordsMax?: number
  /** From one batch to the next, for records that may linger. */
  readonly lingerMs?: number
  /** Makes the values as they are sent, once for a whole batch, in its order. */
  readonly seal?: (records: readonly SendRecord[]) => readonly (Buffer | null)[]
}

interface Queued { readonly record: SendRecord, readonly done: SendDone }
type SendError = CodedError<RuntimeErrorCode>

export async function startBatchSender (options: BatchSenderOptions): Promise<BatchSender> {
  const producer = producerOf(options.kafka)
  await producer.connect()
  return new Sender(options, producer)
}

class Sender implements BatchSender {
  readonly #options: Required<Omit<BatchSenderOptions, 'seal'>> & Pick<BatchSenderOptions, 'seal'>
  /** Undefined between a failed batch and the next one. */
  #producer: Producer | undefined
  #queue: Queued[] = []
  #sending: Promise<void> | undefined
  #lingering: NodeJS.Timeout | undefined
  #lastSentMs = -Infinity
  /** Queued records that may not linger. */
  #hurried = 0
  #flushes = 0
  #closed = false

  constructor (options: BatchSenderOptions, producer: Producer) {
    this.#options = { batchRecordsMax: 500, batchBytesMax: 768 * 1024, queueRecordsMax: 20_000, lingerMs: 10, ...options }
    this.#producer = producer
  }

  send (record: SendRecord, done: SendDone): void {
    const { queueRecordsMax } = this.#options
    const queued = { record, done }
    if (this.#closed) return this.#end(queued, closedError())
    if (this.#queue.length >= queueRecordsMax) {
      return this.#end(queued, new CodedError('QUEUE_FULL', `${queueRecordsMax} records wait to be sent`, { retriable: true }))
    }
    this.#queue.push(queued)
    if (record.mayLinger !== true) this.#hurried++
    this.#begin()
  }

  async flush (): Promise<void> {
    this.#flushes++
    this.#begin()
    while (this.#sending !== undefined) await this.#sending
    this.#flushes--
  }

  #begin (): void {
    if (this.#sending !== undefined || this.#queue.length === 0) return
    const waitMs = this.#lingersMs()
    if (waitMs > 0) {
      this.#lingering ??= setTimeout(() => {
        this.#lingering = undefined
        this.#begin()
      }, waitMs)
      return
    }
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    // Deferred by a microtask, so that what is sent together leaves together.
    this.#sending = Promise.resolve().then(() => this.#run())
  }

  /** How long the next batch may wait for more. */
  #lingersMs (): number {
    const { lingerMs, batchRecordsMax } = this.#options
    if (this.#hurried > 0 || this.#flushes > 0 || this.#closed || this.#queue.length >= batchRecordsMax) return 0
    return Math.max(0, this.#lastSentMs + lingerMs - performance.now())
  }

  async close (): Promise<void> {
    this.#closed = true
    await this.flush()
    await this.#producer?.disconnect()
    this.#producer = undefined
  }

  async #run (): Promise<void> {
    while (this.#queue.length > 0 && this.#lingersMs() === 0) {
      const batch = this.#queue.splice(0, batchLength(this.#queue, this.#options))
      for (const { record } of batch) if (record.mayLinger !== true) this.#hurried--
      this.#lastSentMs = performance.now()
      const result = await this.#sendBatch(batch)
      if (result instanceof CodedError) {
        const given = this.#closed ? this.#queue.splice(0) : []
        if (this.#closed) this.#hurried = 0
        for (const queued of batch) this.#end(queued, result)
        for (const queued of given) this.#end(queued, closedError())
      } else this.#endAll(batch, result)
    }
    this.#sending = undefined
    this.#begin()
  }

  /** What the broker answered, or why it didn't. */
  async #sendBatch (batch: readonly Queued[]): Promise<readonly RecordMetadata[] | SendError> {
    const { kafka, logger, seal } = this.#options
    try {
      const values = seal?.(batch.map(({ record }) => record))
      this.#producer ??= await connected(producerOf(kafka))
      return await this.#producer.sendBatch({ acks: -1, topicMessages: byTopic(batch, values) })
    } catch (error) {
      logger.warn({ err: error, records: batch.length }, 'a batch could not be sent')
      this.#producer?.disconnect().catch(failure => logger.debug({ err: failure }, 'a replaced producer did not disconnect'))
      this.#producer = undefined
      return new CodedError('SEND_FAILED', `the broker did not take the record: ${(error as Error).message}`, { retriable: mayHelpAgain(error), cause: error })
    }
  }

  /** Records of one partition lie one after the other, from the offset that the broker answered. */
  #endAll (batch: readonly Queued[], answered: readonly RecordMetadata[]): void {
    const next = new Map(answered.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, Number(baseOffset)]))
    for (const queued of batch) {
      const { topic, partition } = queued.record
      const place = `${topic}/${partition}`
      const offset = next.get(place)
      if (offset === undefined) {
        this.#end(queued, new CodedError('UNKNOWN_PARTITION', `${topic} has no partition ${partition}`, { retriable: true }))
        continue
      }
      next.set(place, offset + 1)
      this.#end(queued, undefined, offset)
    }
  }

  #end ({ done }: Queued, error?: SendError, offset?: number): void {
    try {
      done(error, offset)
    } catch (failure) {
      // Somebody else's bug must not cost other records their answer.
      this.#options.logger.error({ err: failure }, 'a callback of a sent record failed')
    }
  }
}

const producerOf = (kafka: Kafka): Producer => kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })

async function connected (producer: Producer): Promise<Producer> {
  try {
    await producer.connect()
    return producer
  } catch (error) {
    await producer.disconnect().catch(() => {})
    throw error
  }
}

const closedError = (): SendError => new CodedError('CLOSED', 'the sender is closed')

/** kafkajs wraps what it gave up on; the broker's own word is the cause. */
function mayHelpAgain (error: unknown): boolean {
  const { cause, name, retriable } = error as { readonly cause?: unknown, readonly name?: string, readonly retriable?: boolean }
  if (name === 'KafkaJSNumberOfRetriesExceeded') return true
  return cause instanceof Error ? mayHelpAgain(cause) : retriable !== false
}

type BatchBounds = Required<Pick<BatchSenderOptions, 'batchRecordsMax' | 'batchBytesMax'>>

function batchLength (queue: readonly Queued[], { batchRecordsMax, batchBytesMax }: BatchBounds): number {
  let bytes = 0
  const most = Math.min(queue.length, batchRecordsMax)
  for (let length = 0; length < most; length++) {
    bytes += bytesOf((queue[length] as Queued).record)
    if (bytes > batchBytesMax) return Math.max(1, length)
  }
  return most
}

/** What a record costs beside its key, value and headers. */
const recordOverheadBytes = 64

function bytesOf ({ key, value, headers }: SendRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}

function byTopic (batch: readonly Queued[], sealed?: readonly (Buffer | null)[]): TopicMessages[] {
  const topics = new Map<string, Message[]>()
  for (const [index, { record: { topic, partition, key, headers, ...record } }] of batch.entries()) {
    const value = sealed === undefined ? record.value : sealed[index]!
    const message: Message = headers === undefined ? { partition, key, value } : { partition, key, value, headers }
    const messages = topics.get(topic)
    if (messages === undefined) topics.set(topic, [message])
    else messages.push(message)
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}
