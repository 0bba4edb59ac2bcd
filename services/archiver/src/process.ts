// The archiver, put together: consumer, path and database; `main.ts` runs it, tests run it in their own process.

import { createKafka, createMetrics, startHealthServer, type Logger } from '@mesh/runtime'
import { connectCodec, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { setTimeout as pause } from 'node:timers/promises'
import { startAuditConsumer, type AuditConsumer } from './audit-consumer.ts'
import { registerMetrics, type ArchiverCounters } from './metrics.ts'
import { migrate } from './migration.ts'
import { createPersistence, type Persistence } from './persistence.ts'
import { archive } from './pipeline.ts'
import { openArchive, type Archive } from './postgres.ts'

export interface ArchiverOptions {
  readonly kafkaBrokers: string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly healthPort: number
  readonly databaseUrl: string
  readonly auditSchema: string
  readonly runRecordsMax: number
  readonly sessionMs: number
}

export interface RunningArchiver {
  readonly healthPort: number
  drain (): Promise<void>
}

const connectionsMax = 3
/** Longer than the codec answers `refresh` from memory. */
const refreshPauseMs = 1_100

export async function startArchiver (options: ArchiverOptions, logger: Logger, signal: AbortSignal): Promise<RunningArchiver> {
  const { databaseUrl, auditSchema: schema } = options
  const metrics = createMetrics('archiver')
  const counters = registerMetrics(metrics.registry)
  const persistence = createPersistence(logger)
  const database = openArchive({ databaseUrl, schema, connectionsMax, nowMs: Date.now, logger })
  let consumer: AuditConsumer | undefined
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      database: () => database.problem(),
      archiving: () => [...persistence.problems].map(([subject, problem]) => `${subject}: ${problem}`)[0],
      consumer: () => consumer === undefined ? 'starting' : consumer.problem()
    }
  })
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
  try {
    await persistence.persist('migration', () => migrate({ databaseUrl, schema, logger }), signal)
    consumer = await startConsumer(options, { codec, database, persistence, counters, logger }, signal)
    logger.info({ healthPort: health.port, schema }, 'archiver runs')
  } catch (error) {
    // Told to stop while it waited: there is nothing to drain but what is open already.
    if (!signal.aborted) throw error
  }
  return {
    healthPort: health.port,
    async drain () {
      await consumer?.close()
      await database.close()
      await health.close()
    }
  }
}

interface Parts {
  readonly codec: Codec
  readonly database: Archive
  readonly persistence: Persistence
  readonly counters: ArchiverCounters
  readonly logger: Logger
}

async function startConsumer (options: ArchiverOptions, parts: Parts, signal: AbortSignal): Promise<AuditConsumer> {
  const { codec, database, persistence, counters, logger } = parts
  const { kafkaBrokers: brokers, namespace } = options
  const topic = topicNames(namespace).audit
  const admin = createKafka({ brokers, clientId: `${namespace}.archiver.admin`, logger }).admin()
  await admin.connect()
  await persistence.persist('audit topic', async () => {
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`topic ${topic} does not exist; \`npm run topics:apply\` makes it`)
  }, signal)
  const consumer = await startAuditConsumer({
    ...persistence,
    kafka: createKafka({ brokers, clientId: `${namespace}.archiver`, logger }),
    admin,
    topic,
    groupId: `${namespace}.archiver`,
    sessionMs: options.sessionMs,
    runRecordsMax: options.runRecordsMax,
    logger,
    nextOffset: database.nextOffset,
    append: database.append,
    archive: (run, calledOff) => archive(run, {
      codec,
      nowMs: Date.now,
      append: database.append,
      persist: attempt => persistence.persist(`partition ${run.partition}`, attempt, calledOff),
      refreshPause: () => pause(refreshPauseMs, undefined, { signal: calledOff }),
      onStored: counters.stored
    }),
    onAssigned: counters.assigned,
    onLag: counters.lag
  })
  return {
    problem: consumer.problem,
    async close () {
      await consumer.close()
      await admin.disconnect()
    }
  }
}
