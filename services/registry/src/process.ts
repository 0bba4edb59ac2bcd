// The registry, put together: topic, path, HTTP and health; `main.ts` runs it, tests run it in their own process.

import { CodedError, createKafka, createMetrics, startHealthServer, type Logger } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { Admin } from 'kafkajs'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentTopics } from './agent-topics.ts'
import { capabilityConflicts } from './core/register.ts'
import { createHttp } from './http.ts'
import { registerMetrics } from './metrics.ts'
import { register, type RegistrationPorts } from './pipeline.ts'
import { openRegistryTopic } from './registry-topic.ts'
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

const waitingRegistrationsMax = 200
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
  const topicName = topicNames(namespace).registry
  await topicExists(admin, topicName, logger)
  const topic = await openRegistryTopic({
    readerKafka: kafka('reader'), writerKafka: kafka('writer'), admin, codec, topic: topicName,
    readerId: `${namespace}.registry`, logger
  })
  const countAnswer = registerMetrics(metrics.registry, topic)
  const ports: RegistrationPorts = {
    ...topic,
    queue: createSerialQueue({ waitingMax: waitingRegistrationsMax }),
    nowMs: Date.now,
    createTopics: registration => createAgentTopics(registration, { admin, namespace, replicationFactor: options.replicationFactor }),
    onConflict: capabilities => logger.error({ capabilities }, 'capabilities with two contracts: another registry wrote at the same time')
  }
  const http = await createHttp({
    state: topic.state,
    register: request => register(request, ports),
    onAnswer: countAnswer,
    onError: error => logger.error({ err: error }, 'request failed')
  })
  await http.listen({ port: options.registryPort, host: options.registryHost })
  const health = await startHealthServer({
    port: options.healthPort,
    metrics,
    checks: {
      registryTable: () => topic.isFresh(Date.now()) ? undefined : 'what is in the registry topic is not known to the last record',
      broker: () => admin.describeCluster().then(() => undefined)
    }
  })
  const { port } = http.server.address() as AddressInfo
  const conflicts = capabilityConflicts(topic.state)
  if (conflicts.length > 0) logger.error({ capabilities: conflicts }, 'capabilities with two contracts')
  logger.info({ port, healthPort: health.port, agents: topic.state.currentByName.size }, 'registry listens')
  return {
    port,
    healthPort: health.port,
    async drain () {
      await http.close()
      await topic.close()
      await admin.disconnect()
      await health.close()
    }
  }
}

async function topicExists (admin: Admin, topic: string, logger: Logger): Promise<void> {
  const endMs = performance.now() + topicWaitMs
  while (!(await admin.listTopics()).includes(topic)) {
    if (performance.now() > endMs) throw new CodedError('UNAVAILABLE', `topic ${topic} does not exist; \`npm run topics:apply\` makes it`, { retriable: true })
    logger.info({ topic }, 'waiting for the topic; `npm run topics:apply` makes it')
    await pause(topicLookMs)
  }
}
