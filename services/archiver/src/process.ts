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
  const isMigrated = await persistence.persist('migration', () => migrate({ databaseUrl, schema, logger }), signal).then(() => true, () => false)
  if (isMigrated) consumer = await startConsumer(options, { codec, database, persistence, counters, logger })
  logger.info({ healthPort: health.port, schema }, 'archiver runs')
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

async function startConsumer (options: ArchiverOptions, { codec, database, persistence, counters, logger }: Parts): Promise<AuditConsumer> {
  const { kafkaBrokers: brokers, namespace } = options
  const admin = createKafka({ brokers, clientId: `${namespace}.archiver.admin`, logger }).admin()
  await admin.connect()
  const consumer = await startAuditConsumer({
    ...persistence,
    kafka: createKafka({ brokers, clientId: `${namespace}.archiver`, logger }),
    admin,
    topic: topicNames(namespace).audit,
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
