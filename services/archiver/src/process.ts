// The archiver, put together: a consumer for each topic, path and database; `main.ts` runs it, tests run it in their own process.

import { createKafka, createMetrics, startHealthServer, startLogReader, type Logger } from '@mesh/runtime'
import { connectCodec, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { setTimeout as pause } from 'node:timers/promises'
import { openConnections } from './connections.ts'
import { dayMs } from './core/days.ts'
import { type HotCounters, registerHotMetrics } from './hot-metrics.ts'
import { HotTier } from './hot-tier.ts'
import { completeIndexes } from './index-completion.ts'
import { startIngressCounting } from './ingress-counting.ts'
import { ingressCounts } from './ingress-counts.ts'
import { openRetention, type OpenRetention } from './open-retention.ts'
import { registerRetentionMetrics } from './retention-metrics.ts'
import { registerMetrics, type ArchiverCounters } from './metrics.ts'
import { isMigrated, migrate } from './migration.ts'
import { createPersistence, type Persistence } from './persistence.ts'
import { archive, type ArchivedSchema } from './pipeline.ts'
import { openArchive, type Archive } from './postgres.ts'
import { openSealing, type Sealing } from './sealing.ts'
import { startTopicConsumer, type TopicConsumer } from './topic-consumer.ts'

export interface ArchiverOptions {
  readonly kafkaBrokers: string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly healthPort: number
  readonly databaseUrl: string
  readonly auditSchema: string
  readonly runRecordsMax: number
  readonly sessionMs: number
  readonly checkpointOrigin?: string | undefined
  readonly checkpointEveryMs: number
  readonly checkpointEveryEvents: number
  readonly checkpointsFolder: string
  readonly checkpointKey?: string | undefined
  readonly checkpointKeyFile: string
  readonly migrates: 'on' | 'off'
  readonly ownerUrl?: string | undefined
  readonly retentionDays?: number | undefined
  readonly redisUrl?: string | undefined
  readonly hotDays: number
  readonly hotBytesMax: number
  readonly hotRebuildEventsPerS: number
  /** Pause between two rounds of counting ingress records. */
  readonly countEveryMs?: number
}

export interface RunningArchiver {
  readonly healthPort: number
  drain (): Promise<void>
}

const connectionsMax = 3
const hotConnectionsMax = 2
const countEveryMsDefault = 5_000
/** Longer than the codec answers `refresh` from memory. */
const refreshPauseMs = 1_100

export async function startArchiver (options: ArchiverOptions, logger: Logger, signal: AbortSignal): Promise<RunningArchiver> {
  const { databaseUrl, auditSchema: schema } = options
  const metrics = createMetrics('archiver')
  const counters = registerMetrics(metrics.registry)
  const persistence = createPersistence(logger)
  const hot: { tier?: HotTier | undefined, retention?: OpenRetention | undefined } = {}
  const database = openArchive({
    databaseUrl, schema, connectionsMax, nowMs: Date.now, logger, alongside: async (client, chunk) => hot.tier?.mark(client, chunk)
  })
  const consumers = new Map<string, TopicConsumer>()
  let sealing: Sealing | undefined
  const sources = sourcesOf(options.namespace)
  let counting: TopicConsumer['close'] = () => Promise.resolve()
  const draining = new AbortController()
  let indexing: Promise<void> | undefined
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      database: () => database.problem(),
      archiving: () => together([...persistence.problems]),
      checkpoints: () => sealing?.problem(),
      consumer: () => together(sources.map(({ topic }) => [topic, consumers.has(topic) ? consumers.get(topic)?.problem() : 'starting']))
    },
    // No reason to be restarted: what the hot tier lacks, readers get from PostgreSQL.
    notes: {
      hotTier: () => hot.tier === undefined ? 'off: no REDIS_URL' : hot.tier.problem ?? 'ok',
      retention: () => hot.retention === undefined ? 'all is kept' : hot.retention.problem() ?? 'ok'
    }
  })
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
  try {
    await persistence.persist('migration', () => options.migrates === 'on'
      ? migrate({ databaseUrl: options.ownerUrl ?? databaseUrl, schema, logger })
      : isMigrated({ databaseUrl, schema, logger }), signal)
    // Beside the archiving: building the index of a large day takes minutes.
    if (options.migrates === 'on') {
      const owner = { databaseUrl: options.ownerUrl ?? databaseUrl, schema, logger }
      indexing = completeIndexes({ ...owner, signal: AbortSignal.any([signal, draining.signal]) })
    }
    sealing = await openSealing(options, { codec, metrics, logger })
    hot.tier = openHotTier(options, database, registerHotMetrics(metrics.registry), logger)
    const parts = { codec, database, persistence, counters, hot, logger }
    hot.retention = await openRetention(options, database, registerRetentionMetrics(metrics.registry), logger)
    // Side by side: a topic that is missing must not hold back the other. Both have ended, well or badly, before any drain.
    const starts = await Promise.allSettled(sources.map(async source => { consumers.set(source.topic, await startConsumer(source, options, parts, signal)) }))
    const failed = starts.find(start => start.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    counting = await startCounting(options, counters, logger)
    logger.info({ healthPort: health.port, schema }, 'archiver runs')
  } catch (error) {
    // Told to stop while it waited: there is nothing to drain but what is open already.
    if (!signal.aborted) throw error
  }
  return {
    healthPort: health.port,
    async drain () {
      draining.abort()
      await counting()
      await Promise.all([...consumers.values()].map(consumer => consumer.close()))
      await sealing?.close()
      await Promise.all([hot.tier?.close(), hot.retention?.close()])
      await indexing
      await database.close()
      await health.close()
    }
  }
}

function openHotTier (options: ArchiverOptions, database: Archive, counters: HotCounters, logger: Logger): HotTier | undefined {
  const { databaseUrl, namespace, redisUrl, auditSchema: schema } = options
  if (redisUrl === undefined) return undefined
  const topic = topicNames(namespace).audit
  return new HotTier({
    redisUrl, namespace, topic, schema, counters, logger,
    // What is dropped in PostgreSQL must not live on in Redis.
    hotMs: Math.min(options.hotDays, options.retentionDays ?? Infinity) * dayMs, bytesMax: options.hotBytesMax, rebuildEventsPerS: options.hotRebuildEventsPerS,
    // Of its own, so that reading the past doesn't take one from archiving.
    connections: openConnections({ databaseUrl, connectionsMax: hotConnectionsMax, logger }),
    archivedTo: partition => database.nextOffset(topic, partition)
  })
}

/** All of them, since each is another one's to solve; as many as there are partitions, at most. */
function together (problems: readonly (readonly [subject: string, problem: string | undefined])[]): string | undefined {
  const said = problems.filter(([, problem]) => problem !== undefined).map(([subject, problem]) => `${subject}: ${problem}`)
  return said.length === 0 ? undefined : said.join('; ')
}

interface Source {
  readonly topic: string
  readonly schema: ArchivedSchema
  readonly groupId: string
}

function sourcesOf (namespace: string): Source[] {
  const { audit, changes, alerts, queries } = topicNames(namespace)
  return [
    { topic: audit, schema: 'AuditStory', groupId: `${namespace}.archiver` },
    { topic: changes, schema: 'ControlChange', groupId: `${namespace}.archiver.changes` },
    { topic: alerts, schema: 'Alert', groupId: `${namespace}.archiver.alerts` },
    { topic: queries, schema: 'ArchiveQuery', groupId: `${namespace}.archiver.queries` }
  ]
}

interface Parts {
  readonly codec: Codec
  readonly database: Archive
  readonly persistence: Persistence
  readonly counters: ArchiverCounters
  readonly hot: { readonly tier?: HotTier | undefined }
  readonly logger: Logger
}

async function startConsumer ({ topic, schema, groupId }: Source, options: ArchiverOptions, parts: Parts, signal: AbortSignal): Promise<TopicConsumer> {
  const { codec, database, persistence, counters, hot, logger } = parts
  const { kafkaBrokers: brokers } = options
  const admin = createKafka({ brokers, clientId: `${groupId}.admin`, logger }).admin()
  await admin.connect()
  await persistence.persist(topic, async () => {
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`topic ${topic} does not exist; \`npm run topics:apply\` makes it`)
  }, signal)
  const consumer = await startTopicConsumer({
    ...persistence,
    kafka: createKafka({ brokers, clientId: groupId, logger }),
    admin,
    topic,
    groupId,
    sessionMs: options.sessionMs,
    runRecordsMax: options.runRecordsMax,
    logger,
    nextOffset: database.nextOffset,
    append: database.append,
    archive: (run, calledOff) => archive(run, {
      schema,
      codec,
      nowMs: Date.now,
      append: database.append,
      persist: attempt => persistence.persist(`${topic}/${run.partition}`, attempt, calledOff),
      refreshPause: () => pause(refreshPauseMs, undefined, { signal: calledOff }),
      onStored (chunk, insertedRows) {
        counters.stored(chunk, insertedRows)
        hot.tier?.offer(chunk)
      }
    }),
    onAssigned (partitions) {
      counters.assigned(topic, partitions)
      if (schema === 'AuditStory') hot.tier?.assigned(partitions, async () => (await admin.fetchTopicOffsets(topic)).length)
    },
    onLag: (partition, lagRecords, appendedAtMs) => counters.lag(topic, partition, lagRecords, appendedAtMs)
  })
  return {
    problem: consumer.problem,
    async close () {
      await consumer.close()
      await admin.disconnect()
    }
  }
}

/** Apart from the archiving: with a client and a connection of its own. */
async function startCounting (options: ArchiverOptions, counters: ArchiverCounters, logger: Logger): Promise<() => Promise<void>> {
  const { databaseUrl, auditSchema, namespace, kafkaBrokers: brokers, countEveryMs: everyMs = countEveryMsDefault } = options
  const kafka = createKafka({ brokers, clientId: `${namespace}.archiver.counting`, logger })
  const connections = openConnections({ databaseUrl, connectionsMax: 1, logger })
  const admin = kafka.admin()
  await admin.connect()
  const log = await startLogReader({ kafka, logger })
  const counting = startIngressCounting({
    namespace, everyMs, admin, log, counts: ingressCounts(connections, auditSchema), logger, onCounted: counters.counted, onMissing: counters.missing
  })
  return async () => {
    await counting.close()
    await Promise.all([log.close(), admin.disconnect(), connections.close()])
  }
}
