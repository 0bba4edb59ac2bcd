// A namespace of its own with the registry's topics, and registries on it in this process.

import type { Admin } from 'kafkajs'
import { createKafka, createLogger, startCompactedTable, startLogReader, type ReaderRecord } from '@mesh/runtime'
import { connectCodec, type Codec, type ControlChange, type Position } from '@mesh/schemas'
import { applyPlan, desiredTopics, plan, topicNames, type TopicNames } from '@mesh/topics'
import { startRegistry, type RunningRegistry } from '../src/process.ts'

const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '' } = process.env

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON of many shapes
type Json = any

export const redriveKey = 'the redrive key of tests'

export interface Answer { readonly status: number, readonly type: string | null, readonly body: Json }

export class RegistryStand {
  readonly namespace = `t-reg-${Math.random().toString(36).slice(2, 10)}`
  readonly names = topicNames(this.namespace)
  readonly kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: this.namespace, logger: createLogger({ name: 'test', level: 'silent' }) })
  readonly admin: Admin = this.kafka.admin()
  readonly codec: Codec
  readonly #running: RunningRegistry[] = []

  /** With the topics that a registry needs, and those that the test names besides. */
  static async open (topics: (names: TopicNames) => readonly string[] = () => []): Promise<RegistryStand> {
    const stand = new RegistryStand(await connectCodec({ schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL }))
    await stand.admin.connect()
    const ours = [stand.names.registry, stand.names.quotas, stand.names.changes, stand.names.keys, ...topics(stand.names)]
    const desired = desiredTopics({ namespace: stand.namespace, taskCount: 3, replicationFactor: 1 }).filter(({ name }) => ours.includes(name))
    await applyPlan(stand.admin, plan(desired, []), { desired })
    return stand
  }

  private constructor (codec: Codec) {
    this.codec = codec
  }

  async start (): Promise<RunningRegistry> {
    const logger = createLogger({ name: 'registry', level: process.env['MESH_TEST_LOG'] ?? 'silent' })
    const registry = await startRegistry({
      kafkaBrokers: MESH_KAFKA_BROKERS.split(','), schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL, namespace: this.namespace, healthPort: 0,
      registryPort: 0, registryHost: '127.0.0.1', replicationFactor: 1, redriveKey
    }, logger)
    this.#running.push(registry)
    return registry
  }

  async drain (registry: RunningRegistry): Promise<void> {
    this.#running.splice(this.#running.indexOf(registry), 1)
    await registry.drain()
  }

  /** What is in mesh.changes, oldest first. */
  async changes (): Promise<ControlChange[]> {
    const changes: ControlChange[] = []
    const table = await startCompactedTable({
      kafka: this.kafka, topic: this.names.changes, readerId: this.namespace, freshMs: 2_000, logger: createLogger({ name: 'test', level: 'silent' }),
      apply: ({ value }) => { if (value !== null) changes.push(this.codec.decode('ControlChange', value)) }
    })
    await table.close()
    return changes
  }

  /** Writes one record in a transaction, as coordinators do, and answers its offset. */
  async transact (topic: string, partition: number, key: string, value: Buffer, end: 'commit' | 'abort' = 'commit'): Promise<number> {
    const producer = this.kafka.producer({ transactionalId: `${this.namespace}.${Math.random()}`, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    const [written] = await transaction.send({ topic, messages: [{ partition, key, value }] })
    await transaction[end]()
    await producer.disconnect()
    const offset = Number(written?.baseOffset)
    await this.#decided({ topic, partition, offset })
    return offset
  }

  /** A transaction's end is answered before its markers are written: until then nobody sees what it wrote. */
  async #decided ({ topic, partition, offset }: Position): Promise<void> {
    const log = await startLogReader({ kafka: this.kafka, logger: createLogger({ name: 'test', level: 'silent' }) })
    for (let looks = 0; ; looks++) {
      const [chunk] = await log.read([{ topic, partition, offset, bytesMax: 1_024 }])
      if (chunk!.nextOffset > offset) break
      if (looks > 500) throw new Error(`what was written at ${topic}/${partition}/${offset} is not decided`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await log.close()
  }

  async recordAt ({ topic, partition, offset }: Position): Promise<ReaderRecord> {
    const log = await startLogReader({ kafka: this.kafka, logger: createLogger({ name: 'test', level: 'silent' }) })
    const [chunk] = await log.read([{ topic, partition, offset, bytesMax: 1_024 }])
    await log.close()
    return chunk!.records[0]!
  }

  async close (): Promise<void> {
    for (const registry of [...this.#running]) await this.drain(registry)
    const topics = (await this.admin.listTopics()).filter(topic => topic.startsWith(`${this.namespace}.`))
    await this.admin.deleteTopics({ topics })
    await this.admin.disconnect()
  }
}

export async function ask (port: number, path: string, body?: unknown, method = 'POST'): Promise<Answer> {
  const init = body === undefined ? {} : { method, headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  const text = await response.text()
  const type = response.headers.get('content-type')
  return { status: response.status, type, body: type?.includes('json') === true ? JSON.parse(text) : text }
}

export function registration (changes: Record<string, unknown> = {}) {
  return {
    name: 'intent-decoder', version: '1.0.0', domain: 'conversation', ownerTeam: 'nlp', role: 'bot',
    capabilities: [{ name: 'analyze_lead', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } }],
    dependencies: ['memory_lookup'], maxConcurrent: 50, slaP95Ms: 500, ...changes
  }
}

export function capability (name: string, title = 'one') {
  return { name, inputSchema: { type: 'object', title } }
}
