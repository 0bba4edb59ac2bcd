// A mesh of its own whose ingress and audit topics are written as agents and coordinators write them, and archivers on it.
import { createKafka, createLogger, startLogReader, type LogReader } from '@mesh/runtime'
import type { AuditEvent } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { CountSettings } from '../src/completeness.ts'
import { auditEvent } from '../src/core/audit-event.fixture.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'

const archiverMain = fileURLToPath(new URL('../../archiver/src/main.ts', import.meta.url))
const { MESH_KAFKA_BROKERS = '', DATABASE_URL = '' } = process.env

export interface Place { readonly topic: string, readonly partition: number, readonly offset: number, readonly appendedAtMs: number }

export class ArchivedMesh {
  readonly mesh: PrivateMesh
  readonly schema: string
  readonly database: pg.Pool
  readonly log: LogReader
  readonly environment: Readonly<Record<string, string>>
  readonly #kafka: Kafka
  readonly #archivers: ChildProcess[] = []

  get settings (): CountSettings {
    const { MESH_SCHEMA_REGISTRY_URL: schemaRegistryUrl = '' } = process.env
    return { kafkaBrokers: MESH_KAFKA_BROKERS.split(','), schemaRegistryUrl, namespace: this.mesh.names.namespace, databaseUrl: DATABASE_URL, auditSchema: this.schema }
  }

  static async open (): Promise<ArchivedMesh> {
    const mesh = await openPrivateMesh([])
    const logger = createLogger({ name: 'test', level: 'silent' })
    const kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: 'test', logger })
    return new ArchivedMesh(mesh, kafka, await startLogReader({ kafka, logger }))
  }

  private constructor (mesh: PrivateMesh, kafka: Kafka, log: LogReader) {
    this.mesh = mesh
    this.#kafka = kafka
    this.log = log
    this.schema = mesh.names.namespace.replaceAll('-', '_')
    this.database = new pg.Pool({ connectionString: DATABASE_URL, max: 2 })
    this.environment = { ...mesh.environment, DATABASE_URL, MESH_AUDIT_SCHEMA: this.schema }
  }

  startArchiver (changes: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', archiverMain], {
      env: {
        ...process.env, ...this.environment, MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: process.env.MESH_TEST_LOG ?? 'fatal', MESH_ARCHIVER_SESSION_MS: '1000',
        MESH_ARCHIVER_COUNT_EVERY_MS: '100', ...changes
      },
      stdio: ['ignore', 'inherit', 'inherit']
    })
    this.#archivers.push(child)
    return child
  }

  async stopArchiver (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** Writes ingress records; those of an aborted transaction stay in the log and are no records. */
  async dispatch (priority: number, partition: number, count: number, fate: 'plain' | 'commit' | 'abort' = 'plain'): Promise<void> {
    const topic = this.mesh.names.dispatch(priority)
    const messages = Array.from({ length: count }, () => ({ key: 'w', partition, value: 'not read by who counts' }))
    if (fate === 'plain') return void await this.mesh.producer.send({ topic, messages })
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: `${topic}.${Math.random()}` })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages })
    await transaction[fate]()
    await producer.disconnect()
  }

  /** Committed ingress records, in the order of their positions. */
  async ingress (): Promise<Place[]> {
    const places: Place[] = []
    for (const topic of this.mesh.names.dispatchAll) {
      for (const { partition, low } of await this.mesh.admin.fetchTopicOffsets(topic)) {
        for (let offset = Number(low); ;) {
          const [chunk] = await this.log.read([{ topic, partition, offset, bytesMax: 1024 * 1024 }])
          places.push(...chunk!.records.map(record => ({ topic, partition, offset: record.offset, appendedAtMs: record.appendedAtMs })))
          if (chunk!.nextOffset <= offset) break
          offset = chunk!.nextOffset
        }
      }
    }
    return places
  }

  /** Admits these, as a coordinator does: one event each on the audit partition of their task. */
  async admit (places: readonly Place[]): Promise<void> {
    await this.audit(places.map(place => this.eventOf(place, {})))
  }

  eventOf ({ topic, partition, offset, appendedAtMs }: Place, facts: Partial<AuditEvent>): AuditEvent {
    const id = `${partition}-${topic.at(-1)}-${offset}`
    return auditEvent({
      eventId: `${topic}/${partition}/${offset}`, atMs: appendedAtMs + 3, appendedAtMs, issuedAtMs: appendedAtMs - 1, task: partition,
      ingress: { topic, partition, offset }, dispatchId: `d-${id}`, workflowId: `w-${id}`, ...facts
    })
  }

  async audit (events: readonly AuditEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += 1_000) await this.mesh.audit(...events.slice(from, from + 1_000))
  }

  /** The coordinators' positions: all below was decided. */
  async decided (places: readonly Place[]): Promise<void> {
    const groupId = `${this.mesh.names.namespace}.coordinator`
    for (const [topic, ofTopic] of Map.groupBy(places, place => place.topic)) {
      const partitions = [...Map.groupBy(ofTopic, ({ partition }) => partition)]
        .map(([partition, some]) => ({ partition, offset: String(Math.max(...some.map(({ offset }) => offset)) + 1) }))
      await this.mesh.admin.setOffsets({ groupId, topic, partitions })
    }
  }

  async rows<R extends pg.QueryResultRow> (text: string): Promise<R[]> {
    return (await this.database.query<R>(text.replaceAll('$SCHEMA', this.schema))).rows
  }

  async count (table: string): Promise<number> {
    const found = await this.rows<{ count: string }>(`SELECT count(*) AS count FROM $SCHEMA.${table}`).catch(() => [])
    return Number(found[0]?.count ?? -1)
  }

  /** How many ingress records the archiver has counted. */
  async counted (): Promise<number> {
    const found = await this.rows<{ records: string }>('SELECT coalesce(sum(records), 0) AS records FROM $SCHEMA.ingress_days').catch(() => [])
    return Number(found[0]?.records ?? -1)
  }

  async close (): Promise<void> {
    for (const child of this.#archivers) if (child.exitCode === null && child.signalCode === null) await this.stopArchiver(child, 'SIGKILL')
    await this.log.close()
    await this.mesh.close()
    await this.database.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`)
    await this.database.end()
  }
}

/** Resolves when it holds; rejects with what was last seen. */
export async function until<T> (look: () => Promise<T>, holds: (seen: T) => boolean, withinMs = 100_000): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(seen)}`)
    await pause(50)
  }
}
