import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createKafka, createLogger } from '@mesh/runtime'
import { applyPlan, desiredTopics, plan, topicNames } from '@mesh/topics'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { runMesh } from './command.ts'

const { MESH_KAFKA_BROKERS = '', DATABASE_URL = '' } = process.env
const namespace = `t-cli-audit-${Math.random().toString(36).slice(2, 10)}`
const schema = namespace.replaceAll('-', '_')
const services = fileURLToPath(new URL('../..', import.meta.url))
const kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: namespace, logger: createLogger({ name: 'test', level: 'silent' }) })
const admin = kafka.admin()
const database = new pg.Pool({ connectionString: DATABASE_URL, max: 1 })
let folder: string
let api: ChildProcess
let environment: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mesh-cli-audit-'))
  await admin.connect()
  const names = topicNames(namespace)
  const desired = desiredTopics({ namespace, taskCount: 1, replicationFactor: 1 }).filter(({ name }) => name === names.registry || name === names.queries)
  await applyPlan(admin, plan(desired, []), { desired })
  const dir = join(services, 'archiver/migrations')
  await runner({ databaseUrl: DATABASE_URL, dir, direction: 'up', schema, createSchema: true, migrationsTable: 'migrations', log: () => undefined })
  await database.query(`CREATE TABLE ${schema}.events_20260301 PARTITION OF ${schema}.events FOR VALUES FROM ('2026-03-01T00:00:00Z') TO ('2026-03-02T00:00:00Z')`)
  await database.query(`INSERT INTO ${schema}.events (event_id, at, decision, outcome, reason, hop, attempt, payload_hash_key_id, payload_bytes, appended_at, latency_ms, ingress_topic,
    ingress_partition, ingress_offset, control_offset, task, decided_by, source, target, dispatch_id, priority) SELECT 'e' || lpad(i::text, 4, '0'), '2026-03-01T10:00:00Z'::timestamptz + i * interval '1 s',
    'refused', 'refused', 'OVER_QUOTA', 0, 1, '', 0, now(), 3, 't', 0, i, 0, 0, 'c', 'lead-bot', 'memory', 'd' || i, 2 FROM generate_series(1, 1500) i`)
  api = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(services, 'audit-api/src/main.ts')], {
    env: {
      ...process.env, MESH_NAMESPACE: namespace, MESH_AUDIT_SCHEMA: schema, MESH_AUDIT_API_PORT: '0', MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'info',
      MESH_AUDIT_JWKS: join(folder, 'jwks.json')
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(api.stdout!).on('line', line => {
      const { msg, port } = JSON.parse(line) as { readonly msg: string, readonly port: number }
      if (msg === 'audit API listens') resolve(port)
    })
    api.once('exit', () => reject(new Error('the audit API ended')))
  })
  environment = { MESH_AUDIT_API_URL: `http://127.0.0.1:${port}`, MESH_AUDIT_KEYS_FOLDER: folder, MESH_REGISTRY_URL: 'http://127.0.0.1:1' }
})

afterAll(async () => {
  const ended = once(api, 'exit')
  api.kill('SIGTERM')
  await ended
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter(topic => topic.startsWith(`${namespace}.`)) })
  await admin.disconnect()
  await database.query(`DROP SCHEMA ${schema} CASCADE`)
  await database.end()
  await rm(folder, { recursive: true })
})

const range = ['--from', '2026-03-01T00:00:00Z', '--to', '2026-03-02T00:00:00Z']
const search = (args: readonly string[], token: string) => runMesh(['audit', 'search', ...range, ...args], { ...environment, MESH_AUDIT_TOKEN: token })

test('a newcomer gets a token, searches, and goes on where the page ended', async () => {
  const untold = await runMesh(['audit', 'search'], { ...environment, MESH_AUDIT_TOKEN: '' })
  expect(untold).toMatchObject({ code: 1, err: expect.stringContaining('mesh audit token') })

  const made = await runMesh(['audit', 'token', '--role', 'auditor'], environment)
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/), err: expect.stringContaining('token.pem') })
  const token = made.out.trim()

  const found = await search(['--agent', 'lead-bot', '--limit', '2'], token)
  expect(found).toMatchObject({ code: 0, err: expect.stringContaining('--cursor') })
  expect(found.out).toMatch(/at +decision +source → target .*\n2026-03-01T10:25:00.000Z +refused +lead-bot → memory +– +P2 +3 ms +refused OVER_QUOTA +d1500\n2026-03-01T10:24:59/)
  const cursor = /--cursor (\S+)/.exec(found.err)![1]!
  const further = JSON.parse((await search(['--agent', 'lead-bot', '--limit', '2', '--cursor', cursor, '--json'], token)).out)
  expect(further.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['e1498', 'e1497'])

  const all = await search(['--reason', 'OVER_QUOTA', '--ndjson', '--limit', '5000', '--order', 'asc'], token)
  const ids = all.out.trimEnd().split('\n').map(line => JSON.parse(line).eventId)
  expect([ids.length, ids[0], ids.at(-1), new Set(ids).size]).toEqual([1500, 'e0001', 'e1500', 1500])
})

test('what the API refuses is told with its code, its words, and what to do', async () => {
  const auditor = (await runMesh(['audit', 'token', '--role', 'auditor'], environment)).out.trim()
  const wrong = await search(['--outcome', 'sucess', '--json'], auditor)
  expect(JSON.parse(wrong.err)).toMatchObject({ error: { code: 'INVALID_REQUEST', message: expect.stringContaining('outcome: must be one of success') } })
  expect(await search([], 'a.b.c')).toMatchObject({ code: 1, err: expect.stringContaining('mesh audit token') })

  const owner = (await runMesh(['audit', 'token', '--role', 'owner', '--team', 'strangers'], environment)).out.trim()
  expect(await search([], owner)).toMatchObject({ code: 0, out: 'No event fits, or none that you may see.\n' })
  expect(await runMesh(['audit', 'token', '--role', 'owner'], environment)).toMatchObject({ code: 1, err: expect.stringContaining('--team') })
})
