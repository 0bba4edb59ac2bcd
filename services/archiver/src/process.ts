// The archiver, put together: a consumer for each topic, path and database; `main.ts` runs it, tests run it in their own process.

import { createKafka, createMetrics, startHealthServer, startLogReader, type Logger } from '@mesh/runtime'
import { connectCodec, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { setTimeout as pause } from 'node:timers/promises'
import { openConnections } from './connections.ts'
import { startIngressCounting } from './ingress-counting.ts'
import { ingressCounts } from './ingress-counts.ts'
import { registerMetrics, type ArchiverCounters } from './metrics.ts'
import { migrate } from './migration.ts'
import { createPersistence, type Persistence } from './persistence.ts'
import { archive, type ArchivedSchema } from './pipeline.ts'
import { openArchive, type Archive } from './postgres.ts'
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
  /** Pause between two rounds of counting ingress records. */
  readonly countEveryMs?: number
}

export interface RunningArchiver {
  readonly healthPort: number
  drain (): Promise<void>
}

const connectionsMax = 3
const countEveryMsDefault = 5_000
/** Longer than the codec answers `refresh` from memory. */
const refreshPauseMs = 1_100

export async function startArchiver (options: ArchiverOptions, logger: Logger, signal: AbortSignal): Promise<RunningArchiver> {
  const { databaseUrl, auditSchema: schema } = options
  const metrics = createMetrics('archiver')
  const counters = registerMetrics(metrics.registry)
  const persistence = createPersistence(logger)
  const database = openArchive({ databaseUrl, schema, connectionsMax, nowMs: Date.now, logger })
  const consumers = new Map<string, TopicConsumer>()
  const sources = sourcesOf(options.namespace)
  let counting: TopicConsumer['close'] = () => Promise.resolve()
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      database: () => database.problem(),
      archiving: () => together([...persistence.problems]),
      consumer: () => together(sources.map(({ topic }) => [topic, consumers.has(topic) ? consumers.get(topic)?.problem() : 'starting']))
    }
  })
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
  try {
    await persistence.persist('migration', () => migrate({ databaseUrl, schema, logger }), signal)
    const parts = { codec, database, persistence, counters, logger }
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
      await counting()
      await Promise.all([...consumers.values()].map(consumer => consumer.close()))
      await database.close()
      await health.close()
    }
  }
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
  const { audit, changes, alerts } = topicNames(namespace)
  return [
    { topic: audit, schema: 'AuditStory', groupId: `${namespace}.archiver` },
    { topic: changes, schema: 'ControlChange', groupId: `${namespace}.archiver.changes` },
    { topic: alerts, schema: 'Alert', groupId: `${namespace}.archiver.alerts` }
  ]
}

interface Parts {
  readonly codec: Codec
  readonly database: Archive
  readonly persistence: Persistence
  readonly counters: ArchiverCounters
  readonly logger: Logger
}

async function startConsumer ({ topic, schema, groupId }: Source, options: ArchiverOptions, parts: Parts, signal: AbortSignal): Promise<TopicConsumer> {
  const { codec, database, persistence, counters, logger } = parts
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
      onStored: counters.stored
    }),
    onAssigned: partitions => counters.assigned(topic, partitions),
    onLag: (partition, lagRecords) => counters.lag(topic, partition, lagRecords)
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
