// A sender on the real broker: order, batches that form by themselves, bounds, and one answer for each record.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Kafka } from 'kafkajs'
import { createConnection, type Socket } from 'node:net'
import { type BatchSender, type BatchSenderOptions, type SendRecord, startBatchSender } from '../src/batch-sender.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

interface Answer { readonly code?: string, readonly retriable?: boolean, readonly offset?: number }

const ground = new TopicGround()
let sender: BatchSender
let answers: Answer[]
let produceRequests: number

beforeAll(() => ground.open())
afterAll(() => ground.close())
beforeEach(() => {
  answers = []
  produceRequests = 0
})
afterEach(() => sender.close())

/** The same client, whose produce requests are counted. */
function counted (kafka: Kafka): Kafka {
  return new Proxy(kafka, {
    get: (client, name) => name !== 'producer' ? Reflect.get(client, name) : (options: Parameters<Kafka['producer']>[0]) => {
      const producer = client.producer(options)
      producer.on(producer.events.REQUEST, ({ payload }) => { if (payload.apiName === 'Produce') produceRequests++ })
      return producer
    }
  })
}
const start = async (options: Partial<BatchSenderOptions> = {}) => {
  sender = await startBatchSender({ kafka: counted(ground.kafka()), logger: silent, ...options })
}
const record = (topic: string, value: string, more: Partial<SendRecord> = {}): SendRecord => ({ topic, partition: 0, key: 'k', value: Buffer.from(value), ...more })
const send = (what: SendRecord) => sender.send(what, (error, offset) => {
  answers.push(error === undefined ? { offset: offset! } : { code: error.code, retriable: error.retriable })
})

test('records arrive in order, in batches that formed while one was in flight, and each is told its offset', async () => {
  const topic = await ground.topic(2)
  await start({ batchRecordsMax: 100 })
  for (let i = 0; i < 1_000; i++) {
    send(record(topic, `v${i}`, { partition: i % 2 }))
    if (i % 50 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await sender.flush()
  expect(answers).toEqual(Array.from({ length: 1_000 }, (_, i) => ({ offset: Math.floor(i / 2) })))
  expect(await ground.values(topic, 0, 500)).toEqual(Array.from({ length: 500 }, (_, i) => `v${2 * i}`))
  expect(produceRequests).toBeGreaterThanOrEqual(10)
  expect(produceRequests).toBeLessThan(100)
})

test('a record alone leaves at once', async () => {
  const topic = await ground.topic()
  await start()
  send(record(topic, 'first'))
  await until(() => answers.length === 1, 'the first is answered')
  const sentAtMs = performance.now()
  send(record(topic, 'alone'))
  await sender.flush()
  expect(answers).toEqual([{ offset: 0 }, { offset: 1 }])
  expect(performance.now() - sentAtMs).toBeLessThan(500)
})

test('records that may linger leave together, and with the first that may not', async () => {
  const topic = await ground.topic()
  await start({ lingerMs: 60_000 })
  const linger = (value: string) => send(record(topic, value, { mayLinger: true }))
  linger('alone')
  await until(() => answers.length === 1, 'the first, which has nothing to wait for, is answered')
  for (let i = 0; i < 20; i++) {
    linger(`v${i}`)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(produceRequests).toBe(1)
  send(record(topic, 'at once'))
  await until(() => answers.length === 22, 'all are answered')
  expect(produceRequests).toBe(2)
  expect(await ground.values(topic, 0, 22)).toEqual(['alone', ...Array.from({ length: 20 }, (_, i) => `v${i}`), 'at once'])
})

test('what lingers leaves by itself, when a batch is full, and when it is flushed', async () => {
  const topic = await ground.topic()
  await start({ lingerMs: 50, batchRecordsMax: 5 })
  const linger = (count: number) => { for (let i = 0; i < count; i++) send(record(topic, 'v', { mayLinger: true })) }
  linger(1)
  await until(() => answers.length === 1, 'the first is answered')
  linger(1)
  await until(() => answers.length === 2, 'the linger is over')
  await sender.close()
  await start({ lingerMs: 60_000, batchRecordsMax: 5 })
  linger(1)
  await until(() => answers.length === 3, 'the first of another sender is answered')
  linger(7)
  await until(() => answers.length === 8, 'a full batch is answered')
  await sender.flush()
  expect(answers).toHaveLength(10)
})

test('several topics, headers, tombstones and no key go in one batch', async () => {
  const [a, b] = [await ground.topic(), await ground.topic()]
  await start()
  send(record(a, '1', { headers: { trace: 'x' } }))
  send(record(b, '2', { key: null }))
  send({ topic: a, partition: 0, key: Buffer.from('k'), value: null })
  await sender.flush()
  expect([answers, produceRequests]).toEqual([[{ offset: 0 }, { offset: 0 }, { offset: 1 }], 1])
})

test('one record more than the queue holds is refused, and the others are sent', async () => {
  const topic = await ground.topic()
  await start({ queueRecordsMax: 10 })
  for (let i = 0; i < 12; i++) send(record(topic, `v${i}`))
  expect(answers).toEqual([{ code: 'QUEUE_FULL', retriable: true }, { code: 'QUEUE_FULL', retriable: true }])
  await sender.flush()
  expect(answers).toHaveLength(12)
  expect(await ground.values(topic, 0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`))
})

test('a record that the broker refuses for its size goes alone and costs no other', async () => {
  const topic = await ground.topic(1, [{ name: 'max.message.bytes', value: '20000' }])
  await start({ batchBytesMax: 10_000 })
  for (const value of ['a', 'b', 'x'.repeat(30_000), 'c', 'y'.repeat(9_000), 'z'.repeat(9_000)]) send(record(topic, value))
  await sender.flush()
  expect(answers).toEqual([{ offset: 0 }, { offset: 1 }, { code: 'SEND_FAILED', retriable: false }, { offset: 2 }, { offset: 3 }, { offset: 4 }])
})

test('a partition that is not there is an error of that record alone', async () => {
  const topic = await ground.topic(2)
  await start()
  send(record(topic, 'a'))
  send(record(topic, 'b', { partition: 5 }))
  send(record(topic, 'c', { partition: 1 }))
  await sender.flush()
  expect(answers).toEqual([{ offset: 0 }, { code: 'UNKNOWN_PARTITION', retriable: true }, { offset: 0 }])
})

test('after a batch whose acknowledgement was lost, the next one is written, not taken for its repeat', async () => {
  const topic = await ground.topic()
  let isCut = false
  const socketFactory = ({ host, port, onConnect }: { host: string, port: number, onConnect: () => void }): Socket => {
    const socket = createConnection({ host, port }, onConnect)
    const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean
    // The broker has taken the records; its answer is lost with the connection.
    socket.emit = ((event: string, ...values: unknown[]) => {
      if (event !== 'data' || !isCut) return emit(event, ...values)
      socket.destroy(new Error('cut off'))
      return true
    }) as Socket['emit']
    return socket
  }
  await start({ kafka: ground.kafka({ retry: { retries: 1, initialRetryTime: 5 }, socketFactory }) })
  send(record(topic, 'first'))
  await sender.flush()
  isCut = true
  send(record(topic, 'acknowledgement lost'))
  await sender.flush()
  isCut = false
  send(record(topic, 'next'))
  await sender.flush()
  expect(answers).toEqual([{ offset: 0 }, { code: 'SEND_FAILED', retriable: true }, { offset: 2 }])
  expect(await ground.values(topic, 0, 3)).toEqual(['first', 'acknowledgement lost', 'next'])
})

test('a callback that throws costs no other record its answer', async () => {
  const topic = await ground.topic()
  await start()
  sender.send(record(topic, 'a'), () => { throw new Error('a bug') })
  send(record(topic, 'b'))
  await sender.flush()
  expect(answers).toEqual([{ offset: 1 }])
})

test('closing sends what waits; after it nothing is taken', async () => {
  const topic = await ground.topic()
  await start({ batchRecordsMax: 10 })
  for (let i = 0; i < 100; i++) send(record(topic, `v${i}`))
  await sender.close()
  send(record(topic, 'late'))
  expect(answers).toEqual([...Array.from({ length: 100 }, (_, i) => ({ offset: i })), { code: 'CLOSED', retriable: false }])
})
