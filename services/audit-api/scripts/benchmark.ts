// How long questions take, over HTTP, with a token, each one recorded: p50 and p95, and the plans in use.
//
//   node services/audit-api/scripts/benchmark.ts [events] [days]
//
// It starts a stack of its own, with nothing else on it, and takes it away at the end: 5 million events take about 5 GB.

import { createKafka, createLogger } from '@mesh/runtime'
import { startStack, stackEnvironment, terminalProgress } from '@mesh/local-stack'
import { applyPlan, desiredTopics, plan, topicNames } from '@mesh/topics'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { runner } from 'node-pg-migrate'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { searchSql } from '../src/core/event-sql.ts'
import { startAuditApi } from '../src/process.ts'
import { fillArchive } from './fill-archive.ts'

const [events = 5_000_000, days = 5] = process.argv.slice(2).map(Number)
const askedTimes = 1_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

const stack = await startStack({ name: `benchmark-${process.pid}`, progress: terminalProgress(), keepData: false })
const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '', DATABASE_URL = '' } = stackEnvironment(stack.addresses) as Readonly<Record<string, string>>
const namespace = 'benchmark'
const schema = 'benchmark'
const client = new pg.Client({ connectionString: DATABASE_URL })

try {
  await client.connect()
  await runner({
    databaseUrl: DATABASE_URL, dir: fileURLToPath(new URL('../../archiver/migrations', import.meta.url)), direction: 'up', schema, createSchema: true, migrationsTable: 'migrations', log: () => undefined
  })
  await fillArchive({ databaseUrl: DATABASE_URL, schema, events, days, onProgress: console.log })
  await report()
} finally {
  await client.end()
  await stack.stop()
}

async function report (): Promise<void> {
  const { rows: [size] } = await client.query(`SELECT (SELECT count(*) FROM ${schema}.events) AS events, pg_size_pretty(sum(pg_total_relation_size(inhrelid))) AS size
    FROM pg_inherits WHERE inhparent = '${schema}.events'::regclass`)
  console.log(`\n${Number(size.events).toLocaleString('en')} events in ${days} days, ${size.size} with all indexes`)
  const keys = await generateKeyPair('EdDSA')
  const api = await openApi(await exportSPKI(keys.publicKey))
  const token = await new SignJWT({ sub: 'benchmark', role: 'auditor', iss: 'mesh', aud: 'mesh-audit-api' }).setProtectedHeader({ alg: 'EdDSA' }).setExpirationTime('2h').sign(keys.privateKey)
  const ask = async (path: string): Promise<number> => {
    const startedMs = performance.now()
    const answer = await fetch(`http://127.0.0.1:${api.port}${path}`, { headers: { authorization: `Bearer ${token}` } })
    await answer.text()
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`)
    return performance.now() - startedMs
  }
  const { rows: sources } = await client.query<{ source: string }>(`SELECT DISTINCT source FROM ${schema}.events WHERE at >= now() - interval '2 days' AND at < now() - interval '47 hours'`)
  const hour = (): { from: string, to: string } => {
    const fromMs = Math.floor(Date.now() / dayMs) * dayMs - Math.ceil(Math.random() * days * 24) * hourMs
    return { from: new Date(fromMs).toISOString(), to: new Date(fromMs + hourMs).toISOString() }
  }
  const day = (): { from: string, to: string } => {
    const { from } = hour()
    return { from, to: new Date(Date.parse(from) + dayMs).toISOString() }
  }
  const agent = (): string => sources[Math.floor(Math.random() * sources.length)]!.source
  await measure('search by agent (either side) and hour, 100 rows', 300, () => ask(`/events?${new URLSearchParams({ agent: agent(), ...hour() })}`))
  await measure('search by source and hour, 100 rows', 300, () => ask(`/events?${new URLSearchParams({ source: agent(), ...hour() })}`))
  await measure('search by agent and hour, 1,000 rows', 50, () => ask(`/events?${new URLSearchParams({ agent: agent(), limit: '1000', ...hour() })}`))
  await measure('search by reason and hour, 100 rows', 100, () => ask(`/events?${new URLSearchParams({ reason: `REASON_${Math.floor(Math.random() * 40)}`, ...hour() })}`))
  await measure('search by nothing but a day, 100 rows', 50, () => ask(`/events?${new URLSearchParams(day())}`))
  await measure('counts and percentiles of a day by hour and source', 10, () => ask(`/aggregates?${new URLSearchParams({ by: 'source', ...day() })}`))
  const { rows: dispatches } = await client.query<{ dispatch_id: string }>(`SELECT dispatch_id FROM ${schema}.events TABLESAMPLE SYSTEM (1) ORDER BY random() LIMIT ${askedTimes}`)
  let next = 0
  await measure(`trace of ${dispatches.length} random dispatches`, dispatches.length, () => ask(`/dispatches/${dispatches[next++]!.dispatch_id}/trace`))
  await plans(agent(), hour(), dispatches[0]!.dispatch_id)
  await api.drain()
}

async function openApi (publicKey: string) {
  const logger = createLogger({ name: 'benchmark', level: 'warn' })
  const admin = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: 'benchmark', logger }).admin()
  await admin.connect()
  const { registry, queries } = topicNames(namespace)
  const desired = desiredTopics({ namespace, taskCount: 1, replicationFactor: 1 }).filter(({ name }) => name === registry || name === queries)
  await applyPlan(admin, plan(desired, []), { desired })
  await admin.disconnect()
  return startAuditApi({
    kafkaBrokers: MESH_KAFKA_BROKERS.split(','), schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL, namespace, healthPort: 0, databaseUrl: DATABASE_URL, auditSchema: schema, apiPort: 0,
    apiHost: '127.0.0.1', jwksFile: '', publicKey, issuer: 'mesh', audience: 'mesh-audit-api', rangeDaysMax: 31, statementMs: 60_000, searchesMax: 8, exportsMax: 2, exportRowsMax: 1
  }, logger, new AbortController().signal)
}

async function measure (what: string, times: number, ask: () => Promise<number>): Promise<void> {
  const took: number[] = []
  for (let i = 0; i < times; i++) took.push(await ask())
  took.sort((a, b) => a - b)
  const at = (share: number): string => took[Math.min(took.length - 1, Math.ceil(took.length * share) - 1)]!.toFixed(0)
  console.log(`${what}: ${at(0.5)} / ${at(0.95)} / ${at(1)} ms (p50 / p95 / max of ${times})`)
}

async function plans (agent: string, { from, to }: { readonly from: string, readonly to: string }, dispatchId: string): Promise<void> {
  const range = { fromMs: Date.parse(from), toMs: Date.parse(to) }
  await showPlan('search by agent and hour', searchSql(`"${schema}".events`, { ...range, agent: [agent] }, 'all', { order: 'desc', rowsMax: 101 }))
  await showPlan('trace: the workflow of a dispatch', { text: `SELECT workflow_id FROM ${schema}.events WHERE dispatch_id = $1 AND workflow_id IS NOT NULL LIMIT 1`, values: [dispatchId] })
}

async function showPlan (what: string, { text, values }: { readonly text: string, readonly values: readonly unknown[] }): Promise<void> {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY ON) ${text}`, [...values])
  console.log(`\n${what}:\n${rows.map(row => `  ${row['QUERY PLAN']}`).join('\n')}`)
}
