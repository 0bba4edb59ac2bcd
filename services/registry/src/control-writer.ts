// Writes control records, be it to control topics or, as redrives, to those of dispatches: with all replicas' acknowledgement, one request at a time.
//
// W1. Trying has a bound, after which the caller is told UNAVAILABLE; the record may still be there.
// W2. Nothing here is a transaction: a hung one would hold back every reader of control state (DECISIONS 5, 9).

import { CodedError } from '@mesh/runtime'
import type { Kafka } from 'kafkajs'

export interface ControlWriter {
  /** To partition 0 unless another is named. Answers the record's offset. */
  write (topic: string, key: string, value: Buffer | null, partition?: number): Promise<number>
  close (): Promise<void>
}

// With the client's growing pauses, about three seconds; then the caller is told. So the producer is not idempotent: after
// giving up on one record, its sequence number would make the broker take the next one for a repeat. A repeat is harmless here.
const sendRetriesMax = 10

export async function openControlWriter (kafka: Kafka): Promise<ControlWriter> {
  const producer = kafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: sendRetriesMax } })
  await producer.connect()
  return {
    async write (topic, key, value, partition = 0) {
      // One record at a time, so the base offset is this record's.
      const [written] = await producer.send({ topic, acks: -1, messages: [{ partition, key, value }] })
        .catch(error => { throw unavailable(`a record for ${topic} was not acknowledged: ${(error as Error).message}`) })
      return Number(written?.baseOffset ?? -1)
    },
    close: () => producer.disconnect()
  }
}

export function unavailable (message: string): CodedError {
  return new CodedError('UNAVAILABLE', message, { retriable: true })
}
