// The audit API, put together: archive, keys, ownership, records, HTTP and health; `main.ts` runs it, tests run it in their own process.

import { openHotReader } from '@mesh/hot-index'
import { createKafka, createMetrics, startHealthServer, type Logger } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createQueryPlaces } from './core/query-places.ts'
import { ApiError } from './errors.ts'
import { hotTraces } from './hot-traces.ts'
import { createHttp } from './http.ts'
import { registerMetrics } from './metrics.ts'
import { openOwnership, type Ownership } from './ownership.ts'
import { openArchiveReader } from './postgres.ts'
import { openQueryRecords, type QueryRecords } from './query-record.ts'
import { createTokenVerifier } from './tokens.ts'
import { archiveTraces, firstKnown } from './trace-source.ts'

export interface AuditApiOptions {
  readonly kafkaBrokers: string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly healthPort: number
  readonly databaseUrl: string
  readonly auditSchema: string
  readonly redisUrl?: string | undefined
  readonly apiPort: number
  readonly apiHost: string
  readonly jwksFile: string
  readonly publicKey: string | undefined
  readonly issuer: string
  readonly audience: string
  readonly rangeDaysMax: number
  readonly statementMs: number
  readonly searchesMax: number
  readonly exportsMax: number
  readonly exportRowsMax: number
}

export interface RunningAuditApi {
  readonly port: number
  readonly healthPort: number
  drain (): Promise<void>
}

const topicLookMs = 1_000

export async function startAuditApi (options: AuditApiOptions, logger: Logger, signal: AbortSignal): Promise<RunningAuditApi> {
  const { kafkaBrokers: brokers, namespace, redisUrl, searchesMax, exportsMax } = options
  const metrics = createMetrics('audit-api')
  const places = createQueryPlaces({ searchesMax, exportsMax })
  const tokens = createTokenVerifier(options)
  const archive = openArchiveReader({ ...options, schema: options.auditSchema, connectionsMax: searchesMax + exportsMax, logger })
  let ownership: Ownership | undefined
  let records: QueryRecords | undefined
  let keys = 'not looked at yet'
  const lookAtKeys = async (): Promise<undefined> => { keys = await tokens.problem() ?? 'there' }
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      archive: () => archive.problem(),
      ownership: () => ownership === undefined ? 'the registry\'s topic is not read yet' : ownership.problem(),
      records: () => records === undefined ? 'not connected yet' : undefined,
      // No key is no reason to be restarted: it is said, and tokens are refused.
      keys: lookAtKeys
    },
    notes: { keys: () => keys }
  })
  const table = `"${options.auditSchema}".events`
  const hot = redisUrl === undefined ? undefined : openHotReader({ redisUrl, namespace, archive: options.auditSchema })
  const http = await createHttp({
    places, tokens, archive, table, rangeDaysMax: options.rangeDaysMax, exportRowsMax: options.exportRowsMax, nowMs: Date.now, newId: randomUUID,
    traces: firstKnown([...hot === undefined ? [] : [hotTraces(hot, archive, table)], archiveTraces(archive, table)]),
    agentsOf (team) {
      if (ownership === undefined) throw new ApiError('UNAVAILABLE', 'Which agents the team owns is not known yet.')
      return ownership.agentsOf(team)
    },
    async record (query) {
      if (records === undefined) throw new ApiError('QUERY_UNRECORDED')
      await records.write(query)
    },
    onEnd: registerMetrics(metrics.registry, places),
    onError: error => logger.error({ err: error }, 'query failed')
  })
  await http.listen({ port: options.apiPort, host: options.apiHost })
  const { port } = http.server.address() as AddressInfo
  try {
    const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
    const kafka = (part: string) => createKafka({ brokers, clientId: `${namespace}.audit-api.${part}`, logger })
    const names = topicNames(namespace)
    await topicsExist([names.registry, names.queries], kafka('admin').admin(), logger, signal)
    records = await openQueryRecords(kafka('records'), names.queries, codec)
    ownership = await openOwnership({ kafka: kafka('registry'), codec, topic: names.registry, readerId: `${namespace}.audit-api`, logger })
    logger.info({ port, healthPort: health.port }, 'audit API listens')
  } catch (error) {
    // Told to stop while it waited: there is nothing to drain but what is open already.
    if (!signal.aborted) throw error
  }
  return {
    port,
    healthPort: health.port,
    async drain () {
      await http.close()
      await Promise.all([records?.close(), ownership?.close(), hot?.close(), archive.close()])
      await health.close()
    }
  }
}

async function topicsExist (topics: readonly string[], admin: ReturnType<ReturnType<typeof createKafka>['admin']>, logger: Logger, signal: AbortSignal): Promise<void> {
  await admin.connect()
  try {
    for (;;) {
      const existing = new Set(await admin.listTopics())
      const missing = topics.filter(topic => !existing.has(topic))
      if (missing.length === 0) return
      logger.info({ topics: missing }, 'waiting for topics; `npm run topics:apply` makes them')
      await pause(topicLookMs, undefined, { signal })
    }
  } finally {
    await admin.disconnect()
  }
}
