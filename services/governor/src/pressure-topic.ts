// mesh.pressure, written and read back: what it says is the memory that all governors share.
//
// T1. Records are not transactional: a hung transaction would hold back every reader.
// T2. A record counts as said once it was acknowledged or read back, so what fails is said again by the next pass.
// T3. Writing has a bound, below the age at which readers take pressure for unknown.
import { type CompactedTable, type Logger, startCompactedTable } from '@mesh/runtime'
import type { Codec, Pressure } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'
import type { Announcement } from './core/announcing.ts'

export const heartbeatKey = 'heartbeat'

export interface PressureTopic {
  /** What the topic says of each agent. */
  readonly said: ReadonlyMap<string, Pressure>
  announce (announcement: Announcement, heartbeatAtMs: number | null): Promise<void>
  problem (nowMs: number): string | undefined
  close (): Promise<void>
}

export interface PressureTopicOptions {
  readonly readerKafka: Kafka
  readonly writerKafka: Kafka
  readonly codec: Codec
  readonly topic: string
  readonly readerId: string
  readonly logger: Logger
}

export const tableFreshMs = 2_000
// With the client's growing pauses, about three seconds. So the producer is not idempotent: after giving up on one record,
// its sequence number would make the broker take the next one for a repeat. A repeat is harmless here.
const sendRetriesMax = 10

export async function openPressureTopic ({ readerKafka, writerKafka, codec, topic, readerId, logger }: PressureTopicOptions): Promise<PressureTopic> {
  const said = new Map<string, Pressure>()
  const table: CompactedTable = await startCompactedTable({
    kafka: readerKafka, topic, readerId, freshMs: tableFreshMs, logger,
    apply ({ key, value, offset }) {
      if (key === heartbeatKey) return
      if (value === null) return void said.delete(key)
      try {
        said.set(key, codec.decode('Pressure', value))
      } catch (error) {
        logger.warn({ topic, offset, reason: (error as Error).message }, 'record is no Pressure; passed over')
      }
    }
  })
  const producer = writerKafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: sendRetriesMax } })
  await producer.connect()
  return {
    said,
    async announce ({ puts, gone }, heartbeatAtMs) {
      const messages = [
        ...puts.map(pressure => ({ key: pressure.agent, value: codec.encode('Pressure', pressure), partition: 0 })),
        ...gone.map(agent => ({ key: agent, value: null, partition: 0 })),
        // Last: it says that all others hold.
        ...heartbeatAtMs === null ? [] : [{ key: heartbeatKey, value: codec.encode('Pressure', { agent: '', atMs: heartbeatAtMs, classes: [], health: 'unknown', instances: 0 }), partition: 0 }]
      ]
      if (messages.length === 0) return
      await producer.send({ topic, acks: -1, messages })
      for (const pressure of puts) said.set(pressure.agent, pressure)
      for (const agent of gone) said.delete(agent)
    },
    problem: nowMs => table.problem(nowMs),
    async close () {
      await producer.disconnect()
      await table.close()
    }
  }
}
