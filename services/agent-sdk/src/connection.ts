// What the agents of one process share: the codec, the clients, the sender.
//
// Invariants:
//   C1. Waiting for what is away is bounded by waitMs; then the error says what to do.
//   C2. Consumers and the producer use separate clients.
import { type BatchSender, createKafka, createLogger, startBatchSender } from '@mesh/runtime'
import { type Codec, connectCodec } from '@mesh/schemas'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Carrier } from './carrier.ts'
import { sdkCodes } from './codes.ts'
import type { Settings } from './config.ts'
import { MeshError } from './errors.ts'
import { KafkaCarrier } from './kafka-carrier.ts'

export interface Connection {
  readonly settings: Settings
  readonly names: TopicNames
  readonly codec: Codec
  readonly carrier: Carrier
  readonly kafka: Kafka
  readonly logger: Logger
  flush (): Promise<void>
  close (): Promise<void>
}

const probePauseMs = 250

export async function connect (settings: Settings, clientId: string): Promise<Connection> {
  const logger = createLogger({ name: clientId, level: settings.logLevel })
  const names = topicNames(settings.namespace)
  const kafka = createKafka({ brokers: settings.kafkaBrokers, clientId, logger })
  const [codec, dispatchPartitions] = await Promise.all([
    connectCodec({ schemaRegistryUrl: settings.schemaRegistryUrl, waitMs: settings.waitMs, onWaiting: message => logger.info(message) }),
    partitionsOf(names.dispatch(0), kafka, settings, logger)
  ])
  const sender: BatchSender = await startBatchSender({ kafka: createKafka({ brokers: settings.kafkaBrokers, clientId, logger }), logger })
  return {
    settings, names, codec, kafka, logger,
    carrier: new KafkaCarrier({ sender, codec, names, dispatchPartitions }),
    flush: () => sender.flush(),
    close: () => sender.close()
  }
}

/** The number of partitions is the number of tasks. */
async function partitionsOf (topic: string, kafka: Kafka, settings: Settings, logger: Logger): Promise<number> {
  const overAtMs = performance.now() + settings.waitMs
  const admin = kafka.admin()
  let problem = 'no answer'
  const probe = async (): Promise<number | undefined> => {
    await admin.connect()
    // Asked for by name, a topic that doesn't exist would be waited for by the client in its own way.
    if (!(await admin.listTopics()).includes(topic)) {
      problem = 'the topic does not exist'
      return undefined
    }
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length
  }
  try {
    for (;;) {
      const leftMs = overAtMs - performance.now()
      const tooLate = new AbortController()
      // The client tries again by itself for longer than may be waited here.
      const found = await Promise.race([
        probe().catch((error: Error) => { problem = error.message }),
        pause(Math.max(0, leftMs), undefined, { signal: tooLate.signal }).catch(() => {})
      ])
      tooLate.abort()
      if (found !== undefined) return found
      if (performance.now() + probePauseMs >= overAtMs) {
        throw new MeshError('BROKER_UNREACHABLE',
          `${topic} could not be read from ${settings.kafkaBrokers.join(', ')} within ${settings.waitMs / 1000} s (${problem}). Start the mesh with \`npm start\`, or set MESH_KAFKA_BROKERS.`,
          sdkCodes.BROKER_UNREACHABLE)
      }
      logger.info({ topic, problem }, 'waiting for Kafka')
      await pause(probePauseMs)
    }
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
