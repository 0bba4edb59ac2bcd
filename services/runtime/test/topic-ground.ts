// Topics of one test file, on the real broker: made with random names, written to, read back, deleted at the end.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Admin, IResourceConfigEntry, Kafka, KafkaConfig, Producer } from 'kafkajs'
import { pino } from 'pino'
import { createKafka } from '../src/kafka.ts'
import { makeTopics } from './topic-creation.ts'

export const silent = pino({ level: 'silent' })
const pollMs = 10
const waitMsMax = 30_000

export async function until (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const overAtMs = performance.now() + waitMsMax
  while (!await isSo()) {
    if (performance.now() > overAtMs) throw new Error(`waited ${waitMsMax} ms in vain until ${what}`)
    await pause(pollMs)
  }
}

export interface Written { readonly key: string, readonly value: string | null, readonly partition?: number }

export class TopicGround {
  readonly prefix = `t${randomUUID().slice(0, 8)}`
  readonly admin: Admin
  readonly #brokers: readonly string[]
  readonly #producer: Producer
  readonly #topics = new Set<string>()

  constructor (brokers: readonly string[] = (process.env['MESH_KAFKA_BROKERS'] ?? '').split(',')) {
    this.#brokers = brokers
    const kafka = this.kafka()
    this.admin = kafka.admin()
    // Idempotent: kafkajs sends a request again when one of its partitions failed, the others' records included.
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  }

  kafka (overrides: Partial<KafkaConfig> = {}): Kafka {
    return createKafka({ brokers: this.#brokers, clientId: this.prefix, logger: silent, overrides })
  }

  async open (): Promise<void> {
    await this.admin.connect()
    await this.#producer.connect()
  }

  async close (): Promise<void> {
    if (this.#topics.size > 0) await this.admin.deleteTopics({ topics: [...this.#topics] })
    await this.#producer.disconnect()
    await this.admin.disconnect()
  }

  async topic (numPartitions = 1, configEntries: IResourceConfigEntry[] = []): Promise<string> {
    const topic = `${this.prefix}.${this.#topics.size}`
    await this.make(topic, numPartitions, configEntries)
    return topic
  }

  async make (topic: string, numPartitions = 1, configEntries: IResourceConfigEntry[] = []): Promise<void> {
    this.#topics.add(topic)
    await makeTopics(this.admin, [{ topic, numPartitions, replicationFactor: 1, configEntries }])
  }

  async write (topic: string, ...records: readonly Written[]): Promise<void> {
    await this.#producer.send({ topic, acks: -1, messages: records.map(({ key, value, partition = 0 }) => ({ key, value, partition })) })
  }

  async aborted (topic: string, count = 3): Promise<void> {
    const { transaction, close } = await this.openTransaction(topic, count)
    await transaction.abort()
    await close()
  }

  async openTransaction (topic: string, count = 3) {
    const producer = this.kafka().producer({ transactionalId: `${this.prefix}.${randomUUID()}`, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: Array.from({ length: count }, (_, i) => ({ key: `aborted${i}`, value: 'never', partition: 0 })) })
    return { transaction, close: () => producer.disconnect() }
  }

  /** All values of a partition, as another client sees them. */
  async values (topic: string, partition: number, count: number): Promise<string[]> {
    const values: string[] = []
    const consumer = this.kafka().consumer({ groupId: `${this.prefix}.check.${randomUUID()}`, maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommit: false, eachMessage: async ({ message, partition: at }) => { if (at === partition) values.push(String(message.value)) } })
    await until(() => values.length >= count, `${count} records of ${topic} are read back`)
    await consumer.disconnect()
    return values
  }
}
