// Reads mesh.pressure whole, once: what the governor said last of each agent, and when it last said anything.
//
// Invariants:
//   P1. Joins no shared group and commits nothing; ends when it has reached the end that the topic had.
import { startCompactedTable } from '@mesh/runtime'
import { CodecError, type Pressure } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { connectKafka, partitionsOf } from './broker.ts'
import { quietLogger } from './quiet-logger.ts'
import { codecFrom } from './schema-registry.ts'

export interface PressureRead {
  readonly pressures: readonly Pressure[]
  /** Broker's time of the newest record, the heartbeat included; null where there is none. */
  readonly newestAtMs: number | null
  readonly unreadableRecords: number
}

export interface PressureOptions {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
}

const freshMs = 2_000
const heartbeatKey = 'heartbeat'

export async function readPressure ({ kafkaBrokers, schemaRegistryUrl, namespace }: PressureOptions): Promise<PressureRead> {
  const logger = quietLogger()
  const topic = topicNames(namespace).pressure
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  await partitionsOf(kafka, topic)
  const codec = await codecFrom(schemaRegistryUrl)
  const byAgent = new Map<string, Pressure>()
  let newestAtMs: number | null = null
  let unreadableRecords = 0
  const table = await startCompactedTable({
    kafka, topic, readerId: `${namespace}.cli`, freshMs, logger,
    apply ({ key, value, appendedAtMs }) {
      newestAtMs = Math.max(newestAtMs ?? 0, appendedAtMs)
      if (key === heartbeatKey) return
      try {
        if (value === null) byAgent.delete(key)
        else byAgent.set(key, codec.decode('Pressure', value))
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        unreadableRecords++
      }
    }
  })
  await table.close()
  return { pressures: [...byAgent.values()], newestAtMs, unreadableRecords }
}
