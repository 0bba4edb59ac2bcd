// Follows the audit topic as a reader of its own: no group is joined, nothing is committed.
//
// Invariants:
//   F1. One event a record: the newest of the story. A record without one (a claim, a removal) is passed over.
//   F2. A record that can't be read is told and passed over.
import { startPartitionReader, type Logger, type ReaderRecord } from '@mesh/runtime'
import { CodecError, type AuditEvent, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { connectKafka, partitionsOf } from './broker.ts'
import { codecFrom } from './schema-registry.ts'

export interface FeedOptions {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly from: 'earliest' | 'latest'
  /** Events of one record after the other; a promise holds back the reading. */
  readonly onEvent: (event: AuditEvent) => Promise<void>
  readonly onUnreadable: (position: string, code: string) => void
  readonly logger: Logger
}

export interface AuditFeed {
  readonly topic: string
  close (): Promise<void>
}

export async function openAuditFeed (options: FeedOptions): Promise<AuditFeed> {
  const { namespace, from, logger } = options
  const { audit: topic } = topicNames(namespace)
  const kafka = await connectKafka(options.kafkaBrokers, `${namespace}.cli`, logger)
  const partitions = await partitionsOf(kafka, topic)
  const codec = await codecFrom(options.schemaRegistryUrl)
  const reader = await startPartitionReader({
    kafka, topic, partitions, readerId: `${namespace}.cli`, from, logger,
    async onRecords (records) {
      for (const record of records) {
        const event = await newestEvent(record, codec, options.onUnreadable)
        if (event !== undefined) await options.onEvent(event)
      }
    }
  })
  return { topic, close: () => reader.close() }
}

async function newestEvent (record: ReaderRecord, codec: Codec, onUnreadable: FeedOptions['onUnreadable']): Promise<AuditEvent | undefined> {
  if (record.value === null || record.headers.claim !== undefined) return undefined
  try {
    return await decoded(record.value, codec)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    onUnreadable(`${record.topic}/${record.partition}/${record.offset}`, error.code)
    return undefined
  }
}

async function decoded (value: Buffer, codec: Codec): Promise<AuditEvent | undefined> {
  try {
    return codec.decode('AuditStory', value).events.at(-1)
  } catch (error) {
    if (!(error instanceof CodecError) || error.code !== 'UNKNOWN_SCHEMA_ID') throw error
    await codec.refresh()
    return codec.decode('AuditStory', value).events.at(-1)
  }
}
