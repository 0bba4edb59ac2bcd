// mesh.registry as the registry's only store: read whole into the state, written with all replicas' acknowledgement.
//
// T1. The state changes only by what was read back from the topic, never by what was sent.
// T2. A record that can't be decoded is counted and passed over: one bad writer must not take discovery down.
// T3. Waiting for an offset has a bound, after which the caller is told UNAVAILABLE; the record may still arrive.

import { CodedError, startCompactedTable, type Logger } from '@mesh/runtime'
import type { AgentRegistration, Codec } from '@mesh/schemas'
import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import { createProjection, type RegistryState } from './core/state.ts'

const appliedWaitMs = 10_000
const appliedLookMs = 5
// With the client's growing pauses, about three seconds; then the caller is told. So the producer is not idempotent: after
// giving up on one record, its sequence number would make the broker take the next one for a repeat. A repeat is harmless here.
const sendRetriesMax = 10
export const tableFreshMs = 2_000

export interface RegistryTopic {
  readonly state: RegistryState
  /** Passed over since the start. */
  undecodableRecords (): number
  isFresh (nowMs: number): boolean
  /** Resolves when everything that is in the topic now is in the state. */
  caughtUp (): Promise<void>
  append (key: string, registration: AgentRegistration): Promise<number>
  applied (offset: number): Promise<void>
  close (): Promise<void>
}

export interface RegistryTopicOptions {
  readonly readerKafka: Kafka
  readonly writerKafka: Kafka
  readonly admin: Admin
  readonly codec: Codec
  readonly topic: string
  readonly readerId: string
  readonly logger: Logger
}

export async function openRegistryTopic (options: RegistryTopicOptions): Promise<RegistryTopic> {
  const { admin, codec, topic, logger } = options
  const projection = createProjection()
  let undecodableRecords = 0
  const apply = ({ key, value, offset }: { readonly key: string, readonly value: Buffer | null, readonly offset: number }): void => {
    try {
      if (value === null) projection.remove(key)
      else projection.put(key, { registration: codec.decode('AgentRegistration', value), offset })
    } catch (error) {
      undecodableRecords++
      logger.warn({ topic, offset, reason: (error as Error).message }, 'record is not a registration; passed over')
    }
  }
  const table = await startCompactedTable({ kafka: options.readerKafka, topic, readerId: options.readerId, apply, freshMs: tableFreshMs, logger })
  const producer = options.writerKafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: sendRetriesMax } })
  await producer.connect()

  async function applied (offset: number): Promise<void> {
    const endMs = performance.now() + appliedWaitMs
    while (table.appliedOffset() < offset) {
      if (performance.now() > endMs) throw unavailable(`offset ${offset} of ${topic} was not read back within ${appliedWaitMs} ms`)
      await pause(appliedLookMs)
    }
  }

  return {
    state: projection,
    undecodableRecords: () => undecodableRecords,
    isFresh: nowMs => table.isFresh(nowMs),
    applied,
    async caughtUp () {
      const ends = await admin.fetchTopicOffsets(topic).catch(error => { throw unavailable(`the broker does not answer: ${(error as Error).message}`) })
      const lastOffset = Number(ends[0]?.high ?? 0) - 1
      if (lastOffset >= Number(ends[0]?.low ?? 0)) await applied(lastOffset)
    },
    async append (key, registration) {
      const value = codec.encode('AgentRegistration', registration)
      // One registration at a time, so the base offset is this record's.
      const [written] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, key, value }] })
        .catch(error => { throw unavailable(`the registration was not acknowledged: ${(error as Error).message}`) })
      return Number(written?.baseOffset ?? -1)
    },
    async close () {
      await producer.disconnect()
      await table.close()
    }
  }
}

function unavailable (message: string): CodedError {
  return new CodedError('UNAVAILABLE', message, { retriable: true })
}
