// The registry, put together: topic, path, HTTP and health; `main.ts` runs it, tests run it in their own process.

import { defaultQuotas, outstandingMaxDefault } from '@mesh/quota-store'
import { CodedError, createKafka, createMetrics, startHealthServer, type Logger } from '@mesh/runtime'
import { connectCodec, type Quota } from '@mesh/schemas'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Admin, Kafka } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentTopics } from './agent-topics.ts'
import { controlChanges } from './control-changes.ts'
import { openControlTopic, type ControlTopicOptions } from './control-topic.ts'
import { openControlWriter } from './control-writer.ts'
import { capabilityConflicts } from './core/register.ts'
import { createProjection } from './core/state.ts'
import { createHttp } from './http.ts'
import { registerMetrics } from './metrics.ts'
import { register, type RegistrationPorts } from './pipeline.ts'
import { createSerialQueue } from './serial-queue.ts'

export interface RegistryOptions {
  readonly kafkaBrokers: string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly healthPort: number
  readonly registryPort: number
  readonly registryHost: string
  readonly replicationFactor: number
}

export interface RunningRegistry {
  readonly port: number
  readonly healthPort: number
  drain (): Promise<void>
}

const waitingRequestsMax = 200
const quotaDefaults = { roles: new Map(defaultQuotas.map(limits => [limits.quotaId, limits])), outstandingMax: outstandingMaxDefault }
const topicWaitMs = 30_000
const topicLookMs = 1_000
// With the client's growing pauses, about three seconds; then the caller is told.
const adminRetriesMax = 10

export async function startRegistry (options: RegistryOptions, logger: Logger): Promise<RunningRegistry> {
  const { kafkaBrokers: brokers, namespace } = options
  const metrics = createMetrics('registry')
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
  const kafka = (part: string) => createKafka({ brokers, clientId: `${namespace}.registry.${part}`, logger })
  const admin = kafka('admin').admin({ retry: { retries: adminRetriesMax } })
  await admin.connect()
  const names = topicNames(namespace)
  for (const topic of [names.registry, names.quotas, names.changes]) await topicExists(admin, topic, logger)
  const writer = await openControlWriter(kafka('writer'))
  const { state, quotas, registrationTopic, quotaTopic } = await openTables(kafka, names, { writer, admin, codec, readerId: `${namespace}.registry`, logger })
  const topics = [registrationTopic, quotaTopic]
  const countAnswer = registerMetrics(metrics.registry, {
    state, quotas, undecodableRecords: () => topics.reduce((sum, topic) => sum + topic.undecodableRecords(), 0)
  })
  const quotaState = { records: quotas, agents: state, defaults: quotaDefaults }
  const queue = createSerialQueue({ waitingMax: waitingRequestsMax })
  const ports: RegistrationPorts = {
    ...registrationTopic,
    state,
    queue,
    nowMs: Date.now,
    createTopics: registration => createAgentTopics(registration, { admin, namespace, replicationFactor: options.replicationFactor }),
    onConflict: capabilities => logger.error({ capabilities }, 'capabilities with two contracts: another registry wrote at the same time')
  }
  const changes = controlChanges({
    queue, state: quotaState, registrations: registrationTopic, quotas: quotaTopic, nowMs: Date.now, newId: randomUUID,
    record: change => writer.write(names.changes, change.entity, codec.encode('ControlChange', change)).then(() => undefined)
  })
  const http = await createHttp({
    state,
    quotas: quotaState,
    changes,
    register: request => register(request, ports),
    onAnswer: countAnswer,
    onError: error => logger.error({ err: error }, 'request failed')
  })
  await http.listen({ port: options.registryPort, host: options.registryHost })
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      registryTable: () => registrationTopic.isFresh(Date.now()) ? undefined : 'what is in the registry topic is not known to the last record',
      quotasTable: () => quotaTopic.isFresh(Date.now()) ? undefined : 'what is in the quotas topic is not known to the last record',
      broker: () => admin.describeCluster().then(() => undefined)
    }
  })
  const { port } = http.server.address() as AddressInfo
  const conflicts = capabilityConflicts(state)
  if (conflicts.length > 0) logger.error({ capabilities: conflicts }, 'capabilities with two contracts')
  logger.info({ port, healthPort: health.port, agents: state.currentByName.size }, 'registry listens')
  return {
    port,
    healthPort: health.port,
    async drain () {
      await http.close()
      await writer.close()
      await Promise.all(topics.map(topic => topic.close()))
      await admin.disconnect()
      await health.close()
    }
  }
}

type TableParts = Pick<ControlTopicOptions<never>, 'writer' | 'admin' | 'codec' | 'readerId' | 'logger'>

async function openTables (kafka: (part: string) => Kafka, names: TopicNames, parts: TableParts) {
  const state = createProjection()
  const quotas = new Map<string, Quota>()
  const [registrationTopic, quotaTopic] = await Promise.all([
    openControlTopic({
      ...parts, kafka: kafka('reader'), topic: names.registry, schema: 'AgentRegistration',
      put: (key, registration, offset) => { state.put(key, { registration, offset }) },
      remove: key => { state.remove(key) }
    }),
    openControlTopic({
      ...parts, kafka: kafka('quota-reader'), topic: names.quotas, schema: 'Quota',
      put: (key, quota) => { quotas.set(key, quota) },
      remove: key => { quotas.delete(key) }
    })
  ])
  return { state, quotas, registrationTopic, quotaTopic }
}

async function topicExists (admin: Admin, topic: string, logger: Logger): Promise<void> {
  const endMs = performance.now() + topicWaitMs
  while (!(await admin.listTopics()).includes(topic)) {
    if (performance.now() > endMs) throw new CodedError('UNAVAILABLE', `topic ${topic} does not exist; \`npm run topics:apply\` makes it`, { retriable: true })
    logger.info({ topic }, 'waiting for the topic; `npm run topics:apply` makes it')
    await pause(topicLookMs)
  }
}
