// What a transaction costs in requests, and that what goes over the wire is what was sent.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { RequestEvent } from 'kafkajs'
import { startPartitionReader } from '../src/index.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

const ground = new TopicGround()
beforeAll(() => ground.open())
afterAll(() => ground.close())

test('after its first, a transaction asks for no coordinator, and is read back as it was written', async () => {
  const topic = await ground.topic()
  const producer = ground.kafka().producer({ transactionalId: `${ground.prefix}.writer`, maxInFlightRequests: 1 })
  const asked: string[] = []
  producer.on(producer.events.REQUEST, ({ payload }: RequestEvent) => { asked.push(payload.apiName) })
  await producer.connect()
  const messages = [
    { key: 'first', value: Buffer.from('\u00e9 \u2713'), headers: { a: '1', b: Buffer.from([0, 255]) } },
    { key: null, value: Buffer.alloc(20_000, 7) },
    { key: Buffer.from([0]), value: null }
  ]
  const write = async () => {
    const transaction = await producer.transaction()
    const offsets = { consumerGroupId: `${ground.prefix}.group`, topics: [{ topic, partitions: [{ partition: 0, offset: '1' }] }] }
    await until(() => transaction.sendOffsets(offsets).then(() => true, () => false), 'the transaction before is complete')
    await transaction.sendBatch({ acks: -1, topicMessages: [{ topic, messages: messages.map(message => ({ ...message, partition: 0 })) }] })
    await transaction.commit()
  }
  await write()
  await write()
  await until(async () => {
    asked.length = 0
    await write()
    // Beginning may take several tries, until the markers of the last one are written.
    return asked.length === 5
  }, 'a transaction takes five requests')
  expect(asked).toEqual(['AddOffsetsToTxn', 'TxnOffsetCommit', 'AddPartitionsToTxn', 'Produce', 'EndTxn'])
  await producer.disconnect()

  const seen: { key: Buffer | null, value: Buffer | null, headers: object }[] = []
  const reader = await startPartitionReader({
    kafka: ground.kafka(), topic, partitions: [0], readerId: ground.prefix, from: 'earliest', logger: silent,
    onRecords (records) { seen.push(...records.map(({ key, value, headers }) => ({ key, value, headers }))) }
  })
  await until(() => seen.length >= 9, 'all is read')
  await reader.close()
  expect(seen.slice(0, 3)).toEqual([
    { key: Buffer.from('first'), value: Buffer.from('\u00e9 \u2713'), headers: { a: Buffer.from('1'), b: Buffer.from([0, 255]) } },
    { key: null, value: Buffer.alloc(20_000, 7), headers: {} },
    { key: Buffer.from([0]), value: null, headers: {} }
  ])
})
