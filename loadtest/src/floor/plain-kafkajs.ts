// Two floors of kafkajs as it is: a transaction for each batch of a partition, as its documentation shows, and none at all.
import { type EachBatchPayload, Kafka, logLevel, type Producer } from 'kafkajs'
import { type FloorPlan, Passing } from './passing.ts'

type Pass = (payload: EachBatchPayload, passing: Passing, kafka: Kafka) => Promise<void>

/** https://kafka.js.org/docs/transactions, "Sending offsets": a producer for each partition, so that none waits for another's transaction. */
export function startPerPartition (plan: FloorPlan): Promise<() => Promise<void>> {
  const producers = new Map<string, Promise<Producer>>()
  return startPlain(plan, async ({ batch, resolveOffset }, passing, kafka) => {
    const { topic, partition } = batch
    const place = `${topic}-${partition}`
    const producer = await (producers.get(place) ?? kept(place, kafka))
    const transaction = await producer.transaction()
    try {
      await transaction.sendBatch({ topicMessages: passedOn(batch, passing) })
      const offset = String(Number(batch.lastOffset()) + 1)
      await transaction.sendOffsets({ consumerGroupId: groupOf(passing), topics: [{ topic, partitions: [{ partition, offset }] }] })
      await transaction.commit()
      resolveOffset(batch.lastOffset())
    } catch (error) {
      await transaction.abort()
      throw error
    }
  }, async () => { for (const producer of producers.values()) await (await producer).disconnect() })

  function kept (place: string, kafka: Kafka): Promise<Producer> {
    const producer = kafka.producer({ transactionalId: `floor-${place}`, idempotent: true, maxInFlightRequests: 1 })
    const connected = producer.connect().then(() => producer)
    producers.set(place, connected)
    return connected
  }
}

export function startAtLeastOnce (plan: FloorPlan): Promise<() => Promise<void>> {
  let producer: Promise<Producer> | undefined
  return startPlain(plan, async ({ batch, resolveOffset }, passing, kafka) => {
    producer ??= connected(kafka)
    await (await producer).sendBatch({ topicMessages: passedOn(batch, passing) })
    resolveOffset(batch.lastOffset())
  }, async () => { await (await producer)?.disconnect() })

  async function connected (kafka: Kafka): Promise<Producer> {
    const made = kafka.producer()
    await made.connect()
    return made
  }
}

const groupOf = ({ names }: Passing): string => `${names.namespace}.floor`

async function startPlain (plan: FloorPlan, pass: Pass, closeProducers: () => Promise<void>): Promise<() => Promise<void>> {
  const passing = new Passing(plan)
  const kafka = new Kafka({ brokers: [...plan.brokers], clientId: 'floor', logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } })
  const consumer = kafka.consumer({ groupId: groupOf(passing), maxWaitTimeInMs: 20 })
  await consumer.connect()
  await consumer.subscribe({ topics: [...passing.names.dispatchAll], fromBeginning: true })
  const joined = new Promise<void>(resolve => { consumer.on('consumer.group_join', () => resolve()) })
  await consumer.run({ eachBatchAutoResolve: false, partitionsConsumedConcurrently: 4 * plan.taskCount, eachBatch: payload => pass(payload, passing, kafka) })
  await joined
  return async () => {
    await consumer.disconnect()
    await closeProducers()
  }
}

interface Sent { readonly topic: string, readonly messages: { partition: number, key: string, value: Buffer }[] }

function passedOn ({ topic, partition, messages }: EachBatchPayload['batch'], passing: Passing): Sent[] {
  const lane = passing.names.dispatchAll.indexOf(topic)
  const byTopic = new Map<string, Sent>([[passing.names.audit, { topic: passing.names.audit, messages: [] }]])
  for (const { key, value, offset } of messages) {
    const passed = passing.delivery(lane, String(key), value!)
    let sent = byTopic.get(passed.topic)
    if (sent === undefined) byTopic.set(passed.topic, sent = { topic: passed.topic, messages: [] })
    sent.messages.push(passed)
    byTopic.get(passing.names.audit)!.messages.push({ partition, ...passing.auditOf(offset, lane) })
  }
  return [...byTopic.values()]
}
