// How many events a second reach the archive: whole chunks through the path's own code into PostgreSQL, without Kafka.
//
//   DATABASE_URL=postgres://… [REDIS_URL=redis://…] node services/archiver/scripts/benchmark.ts [events]
//
// With REDIS_URL the hot tier is written as well; the time is that until all of it is there, too.
// Each request is two events in two records, the second of which repeats the first: as the mesh writes them.

import pg from 'pg'
import { openHotReader, openHotStore } from '@mesh/hot-index'
import { createLogger, createMetrics, defineConfig, loadConfig } from '@mesh/runtime'
import { localCodec } from '@mesh/schemas'
import { setTimeout as pause } from 'node:timers/promises'
import { config } from '../src/config.ts'
import { openConnections } from '../src/connections.ts'
import { dayMs } from '../src/core/days.ts'
import { registerHotMetrics } from '../src/hot-metrics.ts'
import { HotTier } from '../src/hot-tier.ts'
import { migrate } from '../src/migration.ts'
import { archive, type RawRecord } from '../src/pipeline.ts'
import { openArchive } from '../src/postgres.ts'
import { sampleEvent, sampleStory } from '../test/sample-events.ts'

const eventCount = Number(process.argv[2] ?? 100_000)
const runRecords = 5_000
const partitions = 2

const { databaseUrl, redisUrl } = loadConfig(defineConfig({ databaseUrl: config.databaseUrl, redisUrl: config.redisUrl }))
const schema = `mesh_audit_benchmark_${process.pid}`
const logger = createLogger({ name: 'benchmark', level: 'warn' })
await migrate({ databaseUrl, schema, logger })
const hot: { tier?: HotTier } = {}
const store = openArchive({
  databaseUrl, schema, connectionsMax: partitions + 1, nowMs: Date.now, logger, alongside: async (client, chunk) => hot.tier?.mark(client, chunk)
})
const namespace = schema.replaceAll('_', '-')
if (redisUrl !== undefined) hot.tier = await openTier(redisUrl)
const codec = localCodec()

const runs = Array.from({ length: partitions }, (_, partition) => recordsOf(partition))
const startedMs = performance.now()
const startedCpu = process.cpuUsage()
await Promise.all(runs.map((records, partition) => archivePartition(partition, records)))
const seconds = (performance.now() - startedMs) / 1000
const hotSeconds = redisUrl === undefined ? undefined : await untilHot(redisUrl)
const { user, system } = process.cpuUsage(startedCpu)
const cpuUs = user + system

const admin = new pg.Client({ connectionString: databaseUrl })
await admin.connect()
const { rows: [counted] } = await admin.query(`SELECT count(*)::int AS events FROM ${schema}.events`)
const { rows: [size] } = await admin.query(`SELECT pg_size_pretty(sum(pg_total_relation_size(inhrelid))) AS size FROM pg_inherits WHERE inhparent = '${schema}.events'::regclass`)
console.log(`${counted.events} events in ${seconds.toFixed(1)} s: ${Math.round(counted.events / seconds)} events/s, ${partitions} partitions, runs of ${runRecords} records, ${size.size} with indexes`)
if (hotSeconds !== undefined) console.log(`all of them in the hot tier after ${hotSeconds.toFixed(1)} s: ${Math.round(counted.events / hotSeconds)} events/s`)
console.log(`${(cpuUs / eventCount).toFixed(1)} µs of this process's own CPU an event`)
await hot.tier?.close()
await admin.query(`DROP SCHEMA ${schema} CASCADE`)
for (const role of [`${schema}_writer`, `${schema}_reader`]) await admin.query(`DROP OWNED BY ${role}`).then(() => admin.query(`DROP ROLE ${role}`)).catch(() => undefined)
await admin.end()
await store.close()

function recordsOf (partition: number): RawRecord[] {
  const records: RawRecord[] = []
  const requests = eventCount / 2 / partitions
  for (let i = 0; i < requests; i++) {
    const id = `${partition}-${i}-${Math.random().toString(36).slice(2)}`
    const ingress = { topic: 'mesh.dispatch.p2', partition, offset: i }
    const delivered = sampleEvent({
      eventId: `mesh.dispatch.p2/${partition}/${i}`, atMs: Date.now(), dispatchId: `d-${id}`, workflowId: `w-${partition}-${i % 1_000}`,
      source: `agent-${i % 12}`, target: `agent-${i % 7}`, ingress
    })
    const completed = { ...delivered, eventId: `${delivered.eventId}/answer`, atMs: delivered.atMs + 9, decision: 'completed' as const, outcome: 'success' }
    records.push(
      { offset: 2 * i, value: codec.encode('AuditStory', sampleStory(delivered)), isClaim: false },
      { offset: 2 * i + 1, value: codec.encode('AuditStory', sampleStory(delivered, completed)), isClaim: false })
  }
  return records
}

async function archivePartition (partition: number, records: readonly RawRecord[]): Promise<void> {
  await store.nextOffset('benchmark', partition)
  for (let from = 0; from < records.length; from += runRecords) {
    const part = records.slice(from, from + runRecords)
    const run = { topic: 'benchmark', partition, startOffset: from, nextOffset: from + part.length, records: part }
    await archive(run, {
      schema: 'AuditStory', codec, nowMs: Date.now, append: store.append, persist: attempt => attempt(), refreshPause: async () => undefined, onStored: stored => { hot.tier?.offer(stored) }
    })
  }
}

async function openTier (url: string): Promise<HotTier> {
  for (let partition = 0; partition < partitions; partition++) await store.nextOffset('benchmark', partition)
  const tier = new HotTier({
    redisUrl: url, namespace, topic: 'benchmark', schema, logger, hotMs: 30 * dayMs, bytesMax: 2 ** 31, rebuildEventsPerS: 10_000,
    connections: openConnections({ databaseUrl, connectionsMax: 2, logger }), counters: registerHotMetrics(createMetrics('benchmark').registry),
    archivedTo: partition => store.nextOffset('benchmark', partition)
  })
  tier.assigned(Array.from({ length: partitions }, (_, partition) => partition), async () => partitions)
  while (tier.problem !== undefined) await pause(20)
  return tier
}

/** Seconds since the start; takes out of Redis again what was written. */
async function untilHot (url: string): Promise<number> {
  const reader = openHotReader({ redisUrl: url, namespace, archive: schema })
  const lastOf = (partition: number): string => `w-${partition}-${(eventCount / 2 / partitions - 1) % 1_000}`
  for (let partition = 0; partition < partitions; partition++) {
    while ((await reader.eventsOfWorkflow(lastOf(partition))).outcome !== 'complete') await pause(20)
  }
  const tookS = (performance.now() - startedMs) / 1000
  await reader.close()
  const kept = openHotStore({ redisUrl: url, namespace, archive: schema, hotMs: dayMs })
  console.log(`${Math.round((await kept.state()).bytes / (eventCount / 2))} bytes a dispatch in Redis`)
  for (const { hour } of (await kept.state()).hours) while (await kept.evictSome(hour) > 0);
  await kept.close()
  return tookS
}
