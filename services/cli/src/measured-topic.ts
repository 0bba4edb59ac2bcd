// Reads a topic of the governor's measurements whole, once: what it said last of each key, and when it last said anything.
//
// Invariants:
//   M1. Joins no shared group and commits nothing; ends when it has reached the end that the topic had.
import { startCompactedTable } from '@mesh/runtime'
import { CodecError, type Circuit, type Pressure } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { connectKafka, partitionsOf } from './broker.ts'
import { quietLogger } from './quiet-logger.ts'
import { codecFrom } from './schema-registry.ts'

interface Measured { readonly Pressure: Pressure, readonly Circuit: Circuit }
const topicOf = { Pressure: 'pressure', Circuit: 'circuits' } as const

export interface MeasuredRead<T> {
  readonly values: readonly T[]
  /** Broker's time of the newest record, the heartbeat included; null where there is none. */
  readonly newestAtMs: number | null
  readonly unreadableRecords: number
}

export interface MeshPlaces {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
}

const freshMs = 2_000
const heartbeatKey = 'heartbeat'

export async function readMeasured<N extends keyof Measured> (schema: N, places: MeshPlaces): Promise<MeasuredRead<Measured[N]>> {
  const { kafkaBrokers, schemaRegistryUrl, namespace } = places
  const logger = quietLogger()
  const topic = topicNames(namespace)[topicOf[schema]]
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  await partitionsOf(kafka, topic)
  const codec = await codecFrom(schemaRegistryUrl)
  const byKey = new Map<string, Measured[N]>()
  let newestAtMs: number | null = null
  let unreadableRecords = 0
  const table = await startCompactedTable({
    kafka, topic, readerId: `${namespace}.cli`, freshMs, logger,
    apply ({ key, value, appendedAtMs }) {
      newestAtMs = Math.max(newestAtMs ?? 0, appendedAtMs)
      if (key === heartbeatKey) return
      try {
        if (value === null) byKey.delete(key)
        else byKey.set(key, codec.decode(schema, value))
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        unreadableRecords++
      }
    }
  })
  await table.close()
  return { values: [...byKey.values()], newestAtMs, unreadableRecords }
}
