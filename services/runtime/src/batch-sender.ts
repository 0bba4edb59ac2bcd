// Sends records in batches that form by themselves: what is queued while one send is in flight goes as the next one.
// A record alone leaves at once; there is no timer.
//
// Invariants:
//   B1. Records of a partition arrive in the order of `send`; one request is in flight at a time.
//   B2. Each record's `done` is called exactly once.
//   B3. At most `queueRecordsMax` records wait; one more is refused with QUEUE_FULL.
import type { Kafka, Message, TopicMessages } from 'kafkajs'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'

export interface SendRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly headers?: Record<string, string | Buffer>
}

export type SendDone = (error?: CodedError<RuntimeErrorCode>) => void

export interface BatchSender {
  send (record: SendRecord, done: SendDone): void
  /** Resolves when everything sent before has been answered. */
  flush (): Promise<void>
  close (): Promise<void>
}

export interface BatchSenderOptions {
  readonly kafka: Kafka
  readonly logger: Logger
  readonly batchRecordsMax?: number
  readonly queueRecordsMax?: number
}

interface Queued { readonly record: SendRecord, readonly done: SendDone }

export async function startBatchSender ({ kafka, logger, batchRecordsMax = 500, queueRecordsMax = 20_000 }: BatchSenderOptions): Promise<BatchSender> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  let queue: Queued[] = []
  let sending: Promise<void> | undefined
  let closed = false

  const run = async () => {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchRecordsMax)
      queue = queue.slice(batchRecordsMax)
      const error = await sendBatch(batch)
      for (const { done } of batch) done(error)
    }
    sending = undefined
  }
  const sendBatch = async (batch: readonly Queued[]) => {
    try {
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(batch) })
      return undefined
    } catch (error) {
      logger.warn({ err: error, records: batch.length }, 'a batch could not be sent')
      return new CodedError<RuntimeErrorCode>('SEND_FAILED', `the broker did not take the record: ${(error as Error).message}`, { retriable: true, cause: error })
    }
  }
  return {
    send (record, done) {
      if (closed) return done(new CodedError('CLOSED', 'the sender is closed'))
      if (queue.length >= queueRecordsMax) {
        return done(new CodedError('QUEUE_FULL', `${queueRecordsMax} records wait to be sent`, { retriable: true }))
      }
      queue.push({ record, done })
      // Deferred by a microtask, so that what is sent together leaves together.
      sending ??= Promise.resolve().then(run)
    },
    async flush () { while (sending !== undefined) await sending },
    async close () {
      closed = true
      while (sending !== undefined) await sending
      await producer.disconnect()
    }
  }
}

function byTopic (batch: readonly Queued[]): TopicMessages[] {
  const topics = new Map<string, Message[]>()
  for (const { record: { topic, partition, key, value, headers } } of batch) {
    const message: Message = headers === undefined ? { partition, key, value } : { partition, key, value, headers }
    const messages = topics.get(topic)
    if (messages === undefined) topics.set(topic, [message])
    else messages.push(message)
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}
