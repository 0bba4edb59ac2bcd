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
import { brokersProblem } from './broker-probe.ts'
import type { Carrier } from './carrier.ts'
import { sdkCodes } from './codes.ts'
import type { Settings } from './config.ts'
import { MeshError } from './errors.ts'
import { KafkaCarrier } from './kafka-carrier.ts'
import { Sealing } from './sealing.ts'
import { everySender, type Senders, type SendersOptions, startSenders } from './senders.ts'
import { SigningKeys } from './signing-keys.ts'

export interface Connection {
  readonly settings: Settings
  readonly names: TopicNames
  readonly codec: Codec
  readonly carrier: Carrier
  readonly kafka: Kafka
  readonly logger: Logger
  readonly keys: SigningKeys
  readonly senders: Senders
  flush (): Promise<void>
  close (): Promise<void>
}

const probePauseMs = 250

/** `groupPrefix`: of the groups that the process needs for itself. */
export async function connect (settings: Settings, clientId: string, groupPrefix: string): Promise<Connection> {
  const logger = createLogger({ name: clientId, level: settings.logLevel })
  const names = topicNames(settings.namespace)
  const kafka = createKafka({ brokers: settings.kafkaBrokers, clientId, logger })
  const [codec, dispatchPartitions] = await Promise.all([
    connectCodec({ schemaRegistryUrl: settings.schemaRegistryUrl, waitMs: settings.waitMs, onWaiting: message => logger.info(message) }),
    taskCountOf(kafka, names, settings, logger)
  ])
  const isSigned = settings.signatures === 'required'
  const keys = new SigningKeys(settings, logger)
  const sealing = new Sealing(codec, isSigned ? keys.of : undefined)
  const senders = isSigned ? await sendersOf({ kafka, names, readerId: `${groupPrefix}.keys`, codec, logger }) : everySender
  const sending = { kafka: createKafka({ brokers: settings.kafkaBrokers, clientId, logger }), logger, seal: sealing.seal }
  const sender: BatchSender = await startBatchSender(sending).catch(async (error: unknown) => {
    await senders.close()
    throw error
  })
  return {
    settings, names, codec, kafka, logger, keys, senders,
    carrier: new KafkaCarrier({ sender, sealing, codec, names, dispatchPartitions }),
    flush: () => sender.flush(),
    async close () {
      keys.close()
      await Promise.all([sender.close(), senders.close()])
    }
  }
}

const sendersOf = (options: SendersOptions): Promise<Senders> => startSenders(options).catch((error: Error) => {
  const message = `${options.names.keys} could not be read (${error.message}). If it is missing, run \`npm run topics:apply\`.`
  throw new MeshError('BROKER_UNREACHABLE', message, { ...sdkCodes.BROKER_UNREACHABLE, cause: error })
})

/** Partitions of a dispatch topic: as many as the mesh has tasks. */
async function taskCountOf (kafka: Kafka, names: TopicNames, { kafkaBrokers, waitMs }: Settings, logger: Logger): Promise<number> {
  const topic = names.dispatch(0)
  const overAtMs = performance.now() + waitMs
  for (;;) {
    const problem = await brokersProblem(kafkaBrokers)
    const found = problem === undefined ? await partitionsOf(topic, kafka) : problem
    if (typeof found === 'number') return found
    if (performance.now() + probePauseMs >= overAtMs) {
      throw new MeshError('BROKER_UNREACHABLE',
        `${topic} could not be read from ${kafkaBrokers.join(', ')} within ${waitMs / 1000} s (${found}). Start the mesh with \`npm start\`, or set MESH_KAFKA_BROKERS.`,
        sdkCodes.BROKER_UNREACHABLE)
    }
    logger.info({ topic, problem: found }, 'waiting for Kafka')
    await pause(probePauseMs)
  }
}

/** The number of partitions, or the problem. */
async function partitionsOf (topic: string, kafka: Kafka): Promise<number | string> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    // Asked for by name, a topic that doesn't exist would be waited for by the client in its own way.
    if (!(await admin.listTopics()).includes(topic)) return 'the topic does not exist'
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length
  } catch (error) {
    return (error as Error).message
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
