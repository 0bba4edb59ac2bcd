// A namespace with the topics that the API needs, an archive of its own in PostgreSQL, and APIs on them in this process.

import { expect } from '@jest/globals'
import { createKafka, createLogger, startCompactedTable } from '@mesh/runtime'
import { connectCodec, type AgentRegistration, type ArchiveQuery, type Codec } from '@mesh/schemas'
import { applyPlan, desiredTopics, plan, topicNames } from '@mesh/topics'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Admin, Producer } from 'kafkajs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { startAuditApi, type AuditApiOptions } from '../src/process.ts'

const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '', DATABASE_URL = '' } = process.env
const archiverFolder = fileURLToPath(new URL('../../archiver', import.meta.url))

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON of many shapes
type Json = any
type Running = Awaited<ReturnType<typeof startAuditApi>>
type Keys = Awaited<ReturnType<typeof generateKeyPair>>

export interface Answer { readonly status: number, readonly type: string, readonly headers: Headers, readonly body: Json }

export class ApiStand {
  readonly namespace = `t-api-${Math.random().toString(36).slice(2, 10)}`
  readonly schema = this.namespace.replaceAll('-', '_')
  readonly names = topicNames(this.namespace)
  readonly database = new pg.Pool({ connectionString: DATABASE_URL, max: 5 })
  readonly codec: Codec
  readonly keys: Keys
  readonly folder: string
  readonly admin: Admin
  readonly #kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: this.namespace, logger: createLogger({ name: 'test', level: 'silent' }) })
  readonly #producer: Producer
  readonly #running: Running[] = []
  readonly #children: ChildProcess[] = []

  static async open ({ hasTables = true } = {}): Promise<ApiStand> {
    const [codec, keys, folder] = await Promise.all([
      connectCodec({ schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL }), generateKeyPair('EdDSA', { extractable: true }), mkdtemp(join(tmpdir(), 'mesh-audit-'))
    ])
    const stand = new ApiStand(codec, keys, folder)
    await writeFile(stand.jwksFile, JSON.stringify({ keys: [{ ...await exportJWK(keys.publicKey), kid: 'k1' }] }))
    await Promise.all([stand.admin.connect(), stand.#producer.connect()])
    const { registry, queries, audit, changes, alerts } = stand.names
    const needed = [registry, queries, audit, changes, alerts]
    const desired = desiredTopics({ namespace: stand.namespace, taskCount: 1, replicationFactor: 1 }).filter(({ name }) => needed.includes(name))
    await applyPlan(stand.admin, plan(desired, []), { desired })
    if (hasTables) await stand.migrate()
    return stand
  }

  private constructor (codec: Codec, keys: Keys, folder: string) {
    this.codec = codec
    this.keys = keys
    this.folder = folder
    this.admin = this.#kafka.admin()
    this.#producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  get jwksFile (): string { return join(this.folder, 'jwks.json') }

  get options (): AuditApiOptions {
    return {
      kafkaBrokers: MESH_KAFKA_BROKERS.split(','), schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL, namespace: this.namespace, healthPort: 0, databaseUrl: DATABASE_URL,
      auditSchema: this.schema, apiPort: 0, apiHost: '127.0.0.1', jwksFile: this.jwksFile, publicKey: undefined, issuer: 'mesh', audience: 'mesh-audit-api',
      rangeDaysMax: 31, statementMs: 5_000, searchesMax: 4, exportsMax: 1, exportRowsMax: 100_000
    }
  }

  async migrate (): Promise<void> {
    await runner({ databaseUrl: DATABASE_URL, dir: join(archiverFolder, 'migrations'), direction: 'up', schema: this.schema, createSchema: true, migrationsTable: 'migrations', log: () => undefined })
  }

  async start (changes: Partial<AuditApiOptions> = {}): Promise<Running> {
    const logger = createLogger({ name: 'audit-api', level: process.env['MESH_TEST_LOG'] ?? 'silent' })
    const api = await startAuditApi({ ...this.options, ...changes }, logger, new AbortController().signal)
    this.#running.push(api)
    return api
  }

  /** The archiver as a process of its own, as in a mesh. */
  startArchiver (): void {
    this.#children.push(spawn(process.execPath, [join(archiverFolder, 'src/main.ts')], {
      env: { ...process.env, DATABASE_URL, MESH_NAMESPACE: this.namespace, MESH_AUDIT_SCHEMA: this.schema, MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'inherit']
    }))
  }

  async token (claims: Record<string, unknown> = { role: 'auditor' }, { expires = '5m', keys = this.keys, alg = 'EdDSA' } = {}): Promise<string> {
    const token = new SignJWT({ sub: 'ada', iss: 'mesh', aud: 'mesh-audit-api', ...claims }).setProtectedHeader({ alg, kid: 'k1' })
    return token.setIssuedAt().setExpirationTime(expires).sign(keys.privateKey)
  }

  /** Rows of the archive, with the given columns; days are made for them. */
  async insert (rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const complete = rows.map((row, index) => ({
      event_id: `e${index}`, decision: 'delivered', hop: 0, attempt: 1, payload_hash_key_id: 'k1', payload_bytes: 10, latency_ms: 5,
      ingress_topic: 'mesh.dispatch.p1', ingress_partition: 0, ingress_offset: index, control_offset: 1, task: 0, decided_by: 'c1', type: 'request', priority: 1,
      source: 'asker', target: 'worker', capability: 'work', dispatch_id: `d-${String(row['event_id'])}`, workflow_id: 'w', appended_at: row.at, ...row
    }))
    for (const day of new Set(rows.map(({ at }) => String(at).slice(0, 10)))) {
      const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
      await this.database.query(`CREATE TABLE IF NOT EXISTS ${this.schema}.events_${day.replaceAll('-', '')} PARTITION OF ${this.schema}.events FOR VALUES FROM ('${day}T00:00:00Z') TO ('${next}T00:00:00Z')`)
    }
    const table = `${this.schema}.events`
    await this.database.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [JSON.stringify(complete)])
  }

  async register (name: string, ownerTeam: string, version = '1.0.0'): Promise<void> {
    const registration: AgentRegistration = {
      name, version, domain: 'd', ownerTeam, role: 'bot', status: 'active', capabilities: [], dependencies: [], urgentCapabilities: [], maxConcurrent: 1, slaP95Ms: 100,
      latencyProfileMs: null, costProfileMicros: null,
      allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null, chainLimits: null,
      inboxPartitions: 1, answersPartitions: 1, registeredAtMs: 1
    }
    await this.#producer.send({ topic: this.names.registry, messages: [{ key: `${name}@${version}`, value: this.codec.encode('AgentRegistration', registration) }] })
  }

  async unregister (name: string, version = '1.0.0'): Promise<void> {
    await this.#producer.send({ topic: this.names.registry, messages: [{ key: `${name}@${version}`, value: null }] })
  }

  /** What is in mesh.queries, oldest first. */
  async records (): Promise<ArchiveQuery[]> {
    const records: ArchiveQuery[] = []
    const table = await startCompactedTable({
      kafka: this.#kafka, topic: this.names.queries, readerId: this.namespace, freshMs: 2_000, logger: createLogger({ name: 'test', level: 'silent' }),
      apply: ({ value }) => { if (value !== null) records.push(this.codec.decode('ArchiveQuery', value)) }
    })
    await table.close()
    return records
  }

  /** How many statements of APIs run in PostgreSQL now. */
  async runningStatements (): Promise<number> {
    const { rows } = await this.database.query(
      'SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = \'mesh-audit-api\' AND state = \'active\' AND query LIKE $1', [`%${this.schema}%`])
    return rows[0].count
  }

  /** Until it is released, whatever reads the archive waits. */
  async lockArchive (): Promise<() => Promise<void>> {
    const client = await this.database.connect()
    await client.query(`BEGIN; LOCK TABLE ${this.schema}.events IN ACCESS EXCLUSIVE MODE`)
    return async () => {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  async close (): Promise<void> {
    for (const api of this.#running) await api.drain()
    for (const child of this.#children) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    await this.#producer.disconnect()
    const topics = (await this.admin.listTopics()).filter(topic => topic.startsWith(`${this.namespace}.`))
    await this.admin.deleteTopics({ topics })
    await this.admin.disconnect()
    await this.database.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`)
    await this.database.end()
    await rm(this.folder, { recursive: true })
  }
}

/** `query` is a text as it stands in a URL, or fields. */
export function url ({ port }: { readonly port: number }, path: string, query: string | Readonly<Record<string, string | number>> = ''): string {
  const text = typeof query === 'string' ? query : String(new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])))
  return `http://127.0.0.1:${port}${path}${text === '' ? '' : `?${text}`}`
}

export async function get (address: string, token?: string, signal?: AbortSignal): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(address, { headers, ...signal === undefined ? {} : { signal } })
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, headers: response.headers, body: type.startsWith('application/json') || type.startsWith('application/problem') ? JSON.parse(text) : text }
}

export function expectProblem (answer: Answer, status: number, code: string, field?: string): void {
  expect({ status: answer.status, type: answer.type, code: answer.body.code }).toEqual({ status, type: expect.stringContaining('application/problem+json'), code })
  if (field !== undefined) expect(answer.body.problems.map((problem: { field: string }) => problem.field)).toContain(field)
}
