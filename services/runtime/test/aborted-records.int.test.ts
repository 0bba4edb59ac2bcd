// Two writers whose aborted transactions lie between each other in one partition: what kafkajs itself lets through.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createKafka, createLogger, type PartitionReader, startPartitionReader } from '../src/index.ts'
import { makeTopics } from './topic-creation.ts'

const topic = `aborted-${randomUUID()}`
const logger = createLogger({ name: 'test', level: 'silent' })
const kafka = createKafka({ brokers: process.env.MESH_KAFKA_BROKERS!.split(','), clientId: 'aborted-records', logger })
const admin = kafka.admin()
let reader: PartitionReader | undefined

beforeAll(async () => {
  await admin.connect()
  await makeTopics(admin, [{ topic, numPartitions: 1, replicationFactor: 1 }])
})
afterAll(async () => {
  await reader?.close()
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
})

test('records of aborted transactions that lie between each other are never handed over', async () => {
  const [first, second] = await Promise.all(['a', 'b'].map(async name => {
    const producer = kafka.producer({ transactionalId: `${topic}.${name}`, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    return producer
  }))
  const say = (value: string) => ({ topic, messages: [{ value, partition: 0 }] })
  const a = await first!.transaction()
  const b = await second!.transaction()
  await a.send(say('aborted a1'))
  await b.send(say('aborted b1'))
  await a.send(say('aborted a2'))
  await b.send(say('aborted b2'))
  // The second ends first, so the broker lists it first.
  await b.abort()
  await a.abort()
  const c = await first!.transaction()
  await c.send(say('committed'))
  await c.commit()
  const seen: string[] = []
  const done = new Promise<void>(resolve => {
    void startPartitionReader({
      kafka, topic, partitions: [0], readerId: topic, from: 'earliest', logger,
      onRecords (records) {
        seen.push(...records.map(({ value }) => value!.toString()))
        if (seen.includes('committed')) resolve()
      }
    }).then(started => { reader = started })
  })
  await done
  expect(seen).toEqual(['committed'])
  await Promise.all([first!.disconnect(), second!.disconnect()])
})
