// A namespace of its own with the topics that are archived, a schema of its own in PostgreSQL, and archivers on them, in this process or their own.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Admin, Kafka, Message, Producer } from 'kafkajs'
import { createKafka, createLogger } from '@mesh/runtime'
import { connectCodec, type AuditEvent, type Codec } from '@mesh/schemas'
import { applyPlan, desiredTopics, plan, topicNames } from '@mesh/topics'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { startArchiver, type ArchiverOptions, type RunningArchiver } from '../src/process.ts'
import { sampleEvent, sampleStory } from './sample-events.ts'
import { until } from './until.ts'

const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '', DATABASE_URL = '' } = process.env

export interface Progress {
  readonly partition: number
  readonly nextOffset: number
  readonly archived: number
  readonly restated: number
  readonly rejected: number
}

interface ProgressRow { partition: number, next_offset: string, archived_events: string, restated_events: string, rejected_records: string }

export class AuditStand {
  readonly namespace = `t-arc-${Math.random().toString(36).slice(2, 10)}`
  readonly schema = this.namespace.replaceAll('-', '_')
  readonly topic = topicNames(this.namespace).audit
  readonly changesTopic = topicNames(this.namespace).changes
  readonly alertsTopic = topicNames(this.namespace).alerts
  readonly checkpointsTopic = topicNames(this.namespace).checkpoints
  /** Checkpoints and the key that signs them: outside the database. */
  readonly folder = join(tmpdir(), this.namespace)
  readonly queriesTopic = topicNames(this.namespace).queries
  readonly codec: Codec
  readonly admin: Admin
  readonly producer: Producer
  readonly database: pg.Pool
  readonly #kafka: Kafka
  readonly #running: RunningArchiver[] = []
  readonly #children: ChildProcess[] = []

  static async open (taskCount = 2): Promise<AuditStand> {
    const codec = await connectCodec({ schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL })
    const stand = new AuditStand(codec)
    await stand.admin.connect()
    await stand.producer.connect()
    const archived = [stand.topic, stand.changesTopic, stand.alertsTopic, stand.checkpointsTopic, stand.queriesTopic]
    const desired = desiredTopics({ namespace: stand.namespace, taskCount, replicationFactor: 1 }).filter(({ name }) => archived.includes(name))
    await applyPlan(stand.admin, plan(desired, []), { desired })
    return stand
  }

  private constructor (codec: Codec) {
    this.codec = codec
    this.#kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: this.namespace, logger: createLogger({ name: 'test', level: 'silent' }) })
    this.admin = this.#kafka.admin()
    this.producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    this.database = new pg.Pool({ connectionString: DATABASE_URL, max: 2 })
  }

  get options (): ArchiverOptions {
    return {
      kafkaBrokers: MESH_KAFKA_BROKERS.split(','), schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL, namespace: this.namespace, healthPort: 0,
      databaseUrl: DATABASE_URL, auditSchema: this.schema, runRecordsMax: 500, sessionMs: 2_000,
      checkpointEveryMs: 300, checkpointEveryEvents: 100_000, checkpointsFolder: this.folder, checkpointKeyFile: join(this.folder, 'key.pem'),
      migrates: 'on', hotDays: 30, hotBytesMax: 64 * 1024 * 1024, hotRebuildEventsPerS: 100_000
    }
  }

  /** An archive of an earlier version, with one event in it: `old`. */
  async migrateWithOldRow (migrations: number): Promise<void> {
    const { schema, database, options } = this
    const dir = fileURLToPath(new URL('../migrations', import.meta.url))
    await runner({ databaseUrl: options.databaseUrl, dir, direction: 'up', count: migrations, schema, createSchema: true, migrationsTable: 'migrations', log: () => undefined })
    const day = new Date().toISOString().slice(0, 10)
    const table = `${schema}.events_${day.replaceAll('-', '')}`
    await database.query(`CREATE TABLE ${table} PARTITION OF ${schema}.events FOR VALUES FROM ('${day}T00:00:00Z') TO ('${day}T24:00:00Z')`)
    await database.query(`INSERT INTO ${schema}.events (event_id, at, decision, hop, attempt, payload_hash_key_id, payload_bytes, appended_at, latency_ms,
      ingress_topic, ingress_partition, ingress_offset, control_offset, task, decided_by) VALUES ('old', now(), 'delivered', 0, 1, '', 0, now(), 0, '', 0, 0, 0, 0, 'test')`)
  }

  /** A statement with all rights. */
  async owner (statement: string): Promise<void> {
    await this.database.query(statement)
  }

  async startArchiver (changes: Partial<ArchiverOptions> = {}): Promise<RunningArchiver> {
    const logger = createLogger({ name: 'archiver', level: process.env['MESH_TEST_LOG'] ?? 'silent' })
    const archiver = await startArchiver({ ...this.options, ...changes }, logger, new AbortController().signal)
    this.#running.push(archiver)
    return archiver
  }

  async drain (archiver: RunningArchiver): Promise<void> {
    this.#running.splice(this.#running.indexOf(archiver), 1)
    await archiver.drain()
  }

  spawnArchiver (environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
      env: {
        ...process.env, MESH_NAMESPACE: this.namespace, MESH_AUDIT_SCHEMA: this.schema, MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'warn',
        MESH_ARCHIVER_SESSION_MS: '1000', MESH_ARCHIVER_RUN_RECORDS_MAX: '200', DATABASE_URL,
        MESH_CHECKPOINT_EVERY_MS: '300', MESH_CHECKPOINTS_FOLDER: this.folder, MESH_CHECKPOINT_KEY_FILE: join(this.folder, 'key.pem'),
        ...environment
      },
      stdio: ['ignore', 'ignore', 'inherit']
    })
    this.#children.push(child)
    return child
  }

  story (...events: AuditEvent[]): Buffer {
    return this.codec.encode('AuditStory', sampleStory(...events))
  }

  /** One record a story, in order; partition by number of the story. */
  async send (partition: number, messages: readonly Message[], topic = this.topic): Promise<number> {
    const [written] = await this.producer.send({ topic, acks: -1, messages: messages.map(message => ({ partition, ...message })) })
    return Number(written?.baseOffset)
  }

  /** Writes the records of requests `from` to `to`: each delivered, then completed; answers the ids of their events. */
  async sendRequests (from: number, to: number, partitions = 2): Promise<string[]> {
    const ids: string[] = []
    for (let partition = 0; partition < partitions; partition++) {
      const messages: Message[] = []
      for (let i = from; i < to; i++) {
        if (i % partitions !== partition) continue
        const delivered = sampleEvent({ eventId: `${this.namespace}/request/${i}`, atMs: Date.now(), dispatchId: `d${i}`, workflowId: `w${i}` })
        const completed = { ...delivered, eventId: `${this.namespace}/answer/${i}`, atMs: delivered.atMs + 5, decision: 'completed' as const, outcome: 'success' }
        const key = `w${i}/d${i}`
        messages.push({ key, value: this.story(delivered) }, { key, value: this.story(delivered, completed) })
        ids.push(delivered.eventId, completed.eventId)
      }
      if (messages.length > 0) await this.send(partition, messages)
    }
    return ids
  }

  async transaction (work: (send: (partition: number, messages: readonly Message[]) => Promise<void>) => Promise<void>, end: 'commit' | 'abort'): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: `${this.namespace}.${Math.random()}` })
    await producer.connect()
    const transaction = await producer.transaction()
    await work(async (partition, messages) => { await transaction.send({ topic: this.topic, messages: messages.map(message => ({ partition, ...message })) }) })
    await transaction[end]()
    await producer.disconnect()
  }

  async progress (topic = this.topic): Promise<Progress[]> {
    const { rows } = await this.database.query<ProgressRow>(`SELECT * FROM ${this.schema}.progress WHERE topic = $1 ORDER BY partition`, [topic])
    return rows.map(row => ({
      partition: row.partition,
      nextOffset: Number(row.next_offset),
      archived: Number(row.archived_events),
      restated: Number(row.restated_events),
      rejected: Number(row.rejected_records)
    }))
  }

  /** Resolves when the archive has read all that is in the topic now. */
  async archived (withinMs?: number, topic = this.topic): Promise<Progress[]> {
    const ends = await this.admin.fetchTopicOffsets(topic)
    const nextOf = (progress: Progress[], partition: number): number => progress.find(entry => entry.partition === partition)?.nextOffset ?? 0
    const isAtEnd = (progress: Progress[]): boolean => ends.every(end => nextOf(progress, end.partition) >= Number(end.high))
    return until(() => this.progress(topic).catch(() => []), isAtEnd, withinMs)
  }

  async eventIds (): Promise<string[]> {
    const { rows } = await this.database.query<{ event_id: string }>(`SELECT event_id FROM ${this.schema}.events`)
    return rows.map(row => row.event_id).sort()
  }

  async rejected (): Promise<[number, string][]> {
    const { rows } = await this.database.query(`SELECT record_offset, reason FROM ${this.schema}.rejected ORDER BY partition, record_offset`)
    return rows.map(row => [Number(row.record_offset), row.reason])
  }

  async close (): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    for (const archiver of [...this.#running]) await this.drain(archiver)
    await this.producer.disconnect()
    await this.admin.deleteTopics({ topics: [this.topic, this.changesTopic, this.alertsTopic, this.checkpointsTopic, this.queriesTopic] })
    // A killed archiver may still be counted as a member; the broker forgets the group by itself then.
    await this.admin.deleteGroups(['', '.changes', '.alerts', '.queries'].map(end => `${this.namespace}.archiver${end}`)).catch(() => undefined)
    await this.admin.disconnect()
    await this.database.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`)
    // Roles are the server's, not the schema's.
    for (const role of [`${this.schema}_writer`, `${this.schema}_reader`]) {
      await this.database.query(`DROP OWNED BY ${role}`).then(() => this.database.query(`DROP ROLE ${role}`)).catch(() => undefined)
    }
    await this.database.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
