// How many events a second reach the archive: whole chunks through the path's own code into PostgreSQL, without Kafka.
//
//   DATABASE_URL=postgres://… node services/archiver/scripts/benchmark.ts [events]
//
// Each request is two events in two records, the second of which repeats the first: as the mesh writes them.

import pg from 'pg'
import { createLogger, defineConfig, loadConfig } from '@mesh/runtime'
import { localCodec } from '@mesh/schemas'
import { config } from '../src/config.ts'
import { migrate } from '../src/migration.ts'
import { archive, type RawRecord } from '../src/pipeline.ts'
import { openArchive } from '../src/postgres.ts'
import { sampleEvent, sampleStory } from '../test/sample-events.ts'

const eventCount = Number(process.argv[2] ?? 100_000)
const runRecords = 5_000
const partitions = 2

const { databaseUrl } = loadConfig(defineConfig({ databaseUrl: config.databaseUrl }))
const schema = `mesh_audit_benchmark_${process.pid}`
const logger = createLogger({ name: 'benchmark', level: 'warn' })
await migrate({ databaseUrl, schema, logger })
const store = openArchive({ databaseUrl, schema, connectionsMax: partitions, nowMs: Date.now, logger })
const codec = localCodec()

const runs = Array.from({ length: partitions }, (_, partition) => recordsOf(partition))
const startedMs = performance.now()
await Promise.all(runs.map((records, partition) => archivePartition(partition, records)))
const seconds = (performance.now() - startedMs) / 1000

const admin = new pg.Client({ connectionString: databaseUrl })
await admin.connect()
const { rows: [counted] } = await admin.query(`SELECT count(*)::int AS events FROM ${schema}.events`)
const { rows: [size] } = await admin.query(`SELECT pg_size_pretty(sum(pg_total_relation_size(inhrelid))) AS size FROM pg_inherits WHERE inhparent = '${schema}.events'::regclass`)
console.log(`${counted.events} events in ${seconds.toFixed(1)} s: ${Math.round(counted.events / seconds)} events/s, ${partitions} partitions, runs of ${runRecords} records, ${size.size} with indexes`)
await admin.query(`DROP SCHEMA ${schema} CASCADE`)
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
      schema: 'AuditStory', codec, nowMs: Date.now, append: store.append, persist: attempt => attempt(), refreshPause: async () => undefined, onStored: () => undefined
    })
  }
}
