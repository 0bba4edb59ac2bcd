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
  const admin = kafka.admin({ retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 } })
  try {
    for (;;) {
      const problem = await admin.connect().then(() => undefined, (error: Error) => error.message)
      const found = problem === undefined ? await admin.fetchTopicMetadata({ topics: [topic] }).catch((error: Error) => error) : new Error(problem)
      if (!(found instanceof Error)) return found.topics[0]!.partitions.length
      if (performance.now() >= overAtMs) {
        throw new MeshError('BROKER_UNREACHABLE',
          `${topic} could not be read from ${settings.kafkaBrokers.join(', ')} within ${settings.waitMs / 1000} s (${found.message}). Start the mesh with \`npm start\`, or set MESH_KAFKA_BROKERS.`,
          { ...sdkCodes.BROKER_UNREACHABLE, cause: found })
      }
      logger.info({ topic, problem: found.message }, 'waiting for Kafka')
      await pause(probePauseMs)
    }
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
