// Records of queries on their topic: who asked the archive what.
//
// U1. A record is acknowledged by all replicas before what it tells of is handed over; if it can't be, nothing is.
// U2. What was answered is never in it, only how many rows.

import type { Codec, ArchiveQuery } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'
import { ApiError } from './errors.ts'

export interface QueryRecords {
  write (query: ArchiveQuery): Promise<void>
  close (): Promise<void>
}

// With the client's growing pauses, about three seconds; then the caller is told. Not idempotent: after giving up on one
// record, its sequence number would make the broker take the next one for a repeat. A repeat is one row in the archive.
const sendRetriesMax = 10

export async function openQueryRecords (kafka: Kafka, topic: string, codec: Codec): Promise<QueryRecords> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: sendRetriesMax } })
  await producer.connect()
  return {
    async write (query) {
      await producer.send({ topic, acks: -1, messages: [{ partition: 0, key: query.queryId, value: codec.encode('ArchiveQuery', query) }] })
        .catch(error => { throw new ApiError('QUERY_UNRECORDED', undefined, { cause: error }) })
    },
    close: () => producer.disconnect()
  }
}
