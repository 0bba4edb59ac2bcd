// A control topic as the only store of what it holds: read whole into the state, and written.
//
// T1. The state changes only by what was read back from the topic, never by what was sent.
// T2. A record that can't be decoded is counted and passed over: one bad writer must not take discovery down.
// T3. Waiting for an offset has a bound, after which the caller is told UNAVAILABLE; the record may still arrive.

import { startCompactedTable, type Logger } from '@mesh/runtime'
import type { Codec, Records } from '@mesh/schemas'
import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import { unavailable, type ControlWriter } from './control-writer.ts'

const appliedWaitMs = 10_000
const appliedLookMs = 5
export const tableFreshMs = 2_000

export interface ControlTopic<T> {
  /** Passed over since the start. */
  undecodableRecords (): number
  isFresh (nowMs: number): boolean
  /** Resolves when everything that is in the topic now is in the state. */
  caughtUp (): Promise<void>
  /** Null takes the key away. */
  append (key: string, record: T | null): Promise<number>
  applied (offset: number): Promise<void>
  close (): Promise<void>
}

export interface ControlTopicOptions<N extends keyof Records> {
  readonly kafka: Kafka
  readonly writer: ControlWriter
  readonly admin: Admin
  readonly codec: Codec
  readonly topic: string
  readonly schema: N
  readonly readerId: string
  readonly logger: Logger
  put (key: string, record: Records[N], offset: number): void
  remove (key: string): void
}

export async function openControlTopic<N extends keyof Records> (options: ControlTopicOptions<N>): Promise<ControlTopic<Records[N]>> {
  const { admin, codec, topic, schema, writer, logger } = options
  let undecodableRecords = 0
  const apply = ({ key, value, offset }: { readonly key: string, readonly value: Buffer | null, readonly offset: number }): void => {
    try {
      if (value === null) options.remove(key)
      else options.put(key, codec.decode(schema, value), offset)
    } catch (error) {
      undecodableRecords++
      logger.warn({ topic, offset, reason: (error as Error).message }, `record is no ${schema}; passed over`)
    }
  }
  const table = await startCompactedTable({ kafka: options.kafka, topic, readerId: options.readerId, apply, freshMs: tableFreshMs, logger })

  async function applied (offset: number): Promise<void> {
    const endMs = performance.now() + appliedWaitMs
    while (table.appliedOffset() < offset) {
      if (performance.now() > endMs) throw unavailable(`offset ${offset} of ${topic} was not read back within ${appliedWaitMs} ms`)
      await pause(appliedLookMs)
    }
  }

  return {
    undecodableRecords: () => undecodableRecords,
    isFresh: nowMs => table.isFresh(nowMs),
    applied,
    async caughtUp () {
      const ends = await admin.fetchTopicOffsets(topic).catch(error => { throw unavailable(`the broker does not answer: ${(error as Error).message}`) })
      const lastOffset = Number(ends[0]?.high ?? 0) - 1
      if (lastOffset >= Number(ends[0]?.low ?? 0)) await applied(lastOffset)
    },
    append: (key, record) => writer.write(topic, key, record === null ? null : codec.encode(schema, record)),
    close: () => table.close()
  }
}
