// The registry, put together: topic, path, HTTP and health; `main.ts` runs it, tests run it in their own process.

import { defaultQuotas, outstandingMaxDefault } from '@mesh/quota-store/limits'
import { CodedError, createKafka, createMetrics, startHealthServer, type Logger } from '@mesh/runtime'
import { type AgentKey, connectCodec, type Quota } from '@mesh/schemas'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Admin, Kafka } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentTopics } from './agent-topics.ts'
import { changePath } from './change-path.ts'
import { controlChanges } from './control-changes.ts'
import { openControlTopic, type ControlTopic, type ControlTopicOptions } from './control-topic.ts'
import { openControlWriter, unavailable } from './control-writer.ts'
import { createChangeStates } from './core/change-states.ts'
import { capabilityConflicts } from './core/register.ts'
import { createProjection } from './core/state.ts'
import { openDeadLetterReader } from './dead-letter-reader.ts'
import { deadLetters } from './dead-letters.ts'
import { createHttp } from './http.ts'
import { keyChanges } from './key-changes.ts'
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
  readonly redriveKey: string
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
  for (const topic of [names.registry, names.quotas, names.changes, names.keys]) await topicExists(admin, topic, logger)
  const writer = await openControlWriter(kafka('writer'))
  const tables = await openTables(kafka, names, { writer, admin, codec, readerId: `${namespace}.registry`, logger })
  const { state, quotas, changeStates, keys, registrationTopic, quotaTopic, changesTopic, keyTopic } = tables
  const topics = [registrationTopic, quotaTopic, changesTopic, keyTopic]
  const reader = await openDeadLetterReader({ kafka: kafka('dead-letters'), topic: names.deadLetter, codec, logger })
  const countAnswer = registerMetrics(metrics.registry, {
    state, quotas, undecodableRecords: () => topics.reduce((sum, topic) => sum + topic.undecodableRecords(), 0)
  })
  const quotaState = { records: quotas, agents: state, defaults: quotaDefaults }
  const queue = createSerialQueue({ waitingMax: waitingRequestsMax })
  const change = changePath({
    queue, nowMs: Date.now, newId: randomUUID, record: record => writer.write(names.changes, record.entity, codec.encode('ControlChange', record))
  })
  const keysChanged = keyChanges({ change, keys, agents: state, keyTopic, registrations: registrationTopic, nowMs: Date.now })
  const ports: RegistrationPorts = {
    ...registrationTopic,
    state,
    queue,
    nowMs: Date.now,
    createTopics: registration => createAgentTopics(registration, { admin, namespace, replicationFactor: options.replicationFactor }),
    takeKey: ({ name, ownerTeam }, offered) => keysChanged.takeFirst(name, offered, ownerTeam),
    onConflict: capabilities => logger.error({ capabilities }, 'capabilities with two contracts: another registry wrote at the same time')
  }
  const http = await createHttp({
    state,
    quotas: quotaState,
    changeStates,
    changes: controlChanges({ change, state: quotaState, changeStates, registrations: registrationTopic, quotas: quotaTopic, changes: changesTopic }),
    deadLetters: deadLetters({
      change, changeStates, changes: changesTopic, reader, writer, codec, names,
      redriveKey: Buffer.from(options.redriveKey), partitionCount: topic => partitionCount(admin, topic)
    }),
    keys,
    keyChanges: keysChanged,
    register: (request, key) => register(request, key, ports),
    onAnswer: countAnswer,
    onError: error => logger.error({ err: error }, 'request failed')
  })
  await http.listen({ port: options.registryPort, host: options.registryHost })
  const health = await startHealthServer({ port: options.healthPort, metrics, checks: healthChecks(tables, admin) })
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
      await Promise.all([...topics, reader].map(part => part.close()))
      await admin.disconnect()
      await health.close()
    }
  }
}

const healthChecks = ({ registrationTopic, quotaTopic, changesTopic, keyTopic }: Tables, admin: Admin) => ({
  registryTable: tableCheck('registry', registrationTopic),
  quotasTable: tableCheck('quotas', quotaTopic),
  changesTable: tableCheck('changes', changesTopic),
  keysTable: tableCheck('keys', keyTopic),
  broker: () => admin.describeCluster().then(() => undefined)
})

const tableCheck = (name: string, table: Pick<ControlTopic<never>, 'isFresh'>) => (): string | undefined =>
  table.isFresh(Date.now()) ? undefined : `what is in the ${name} topic is not known to the last record`

async function partitionCount (admin: Admin, topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(error => { throw unavailable(`the partitions of ${topic} are not known: ${(error as Error).message}`) })
  return topics[0]?.partitions.length ?? 0
}

type Tables = Awaited<ReturnType<typeof openTables>>
type TableParts = Pick<ControlTopicOptions<never>, 'writer' | 'admin' | 'codec' | 'readerId' | 'logger'>

async function openTables (kafka: (part: string) => Kafka, names: TopicNames, parts: TableParts) {
  const state = createProjection()
  const quotas = new Map<string, Quota>()
  const keys = new Map<string, AgentKey>()
  const changeStates = createChangeStates()
  const [registrationTopic, quotaTopic, changesTopic, keyTopic] = await Promise.all([
    openControlTopic({
      ...parts, kafka: kafka('reader'), topic: names.registry, schema: 'AgentRegistration',
      put: (key, registration, offset) => { state.put(key, { registration, offset }) },
      remove: key => { state.remove(key) }
    }),
    openControlTopic({
      ...parts, kafka: kafka('quota-reader'), topic: names.quotas, schema: 'Quota',
      put: (key, quota) => { quotas.set(key, quota) },
      remove: key => { quotas.delete(key) }
    }),
    // Not compacted: what is remembered of it is bounded in change-states.ts.
    openControlTopic({
      ...parts, kafka: kafka('changes-reader'), topic: names.changes, schema: 'ControlChange',
      put: (_key, change) => { changeStates.put(change) },
      remove: () => undefined
    }),
    openControlTopic({
      ...parts, kafka: kafka('key-reader'), topic: names.keys, schema: 'AgentKey',
      put: (id, key) => { keys.set(id, { ...key, publicKey: Buffer.from(key.publicKey) }) },
      remove: () => undefined
    })
  ])
  return { state, quotas, changeStates, keys, registrationTopic, quotaTopic, changesTopic, keyTopic }
}

async function topicExists (admin: Admin, topic: string, logger: Logger): Promise<void> {
  const endMs = performance.now() + topicWaitMs
  while (!(await admin.listTopics()).includes(topic)) {
    if (performance.now() > endMs) throw new CodedError('UNAVAILABLE', `topic ${topic} does not exist; \`npm run topics:apply\` makes it`, { retriable: true })
    logger.info({ topic }, 'waiting for the topic; `npm run topics:apply` makes it')
    await pause(topicLookMs)
  }
}
