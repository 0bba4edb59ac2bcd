// A task's transactions by themselves, on the real broker: what they write, what is refused, and that each is whole or nothing.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ReaderRecord } from '../src/index.ts'
import { ProducerRotation } from '../src/task-round/producer-rotation.ts'
import type { TaskTransaction } from '../src/task-round/task-transaction.ts'
import { startPartitionReader } from '../src/index.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

const ground = new TopicGround()
beforeAll(() => ground.open())
afterAll(() => ground.close())

let rotations = 0
async function fenced (name = `writer${rotations++}`): Promise<ProducerRotation> {
  const rotation = new ProducerRotation({
    kafka: ground.kafka(), groupId: `${ground.prefix}.group`, transactionalIdPrefix: `${ground.prefix}.${name}`, task: 0, transactionTimeoutMs: 10_000
  })
  await rotation.fence(() => undefined)
  return rotation
}

async function readBack (topic: string, records: number): Promise<ReaderRecord[]> {
  const seen: ReaderRecord[] = []
  const reader = await startPartitionReader({
    kafka: ground.kafka(), topic, partitions: [0], readerId: `${ground.prefix}.${topic}`, from: 'earliest', logger: silent, onRecords (some) { seen.push(...some) }
  })
  await until(() => seen.length >= records, 'all is read')
  await reader.close()
  return seen
}

const valuesOf = (records: readonly ReaderRecord[]): string[] => records.map(({ value }) => String(value))
const wave = (topic: string, ...values: readonly string[]) => [{ topic, partition: 0, messages: values.map(value => ({ key: 'k', value })) }]

test('what is read back is what was written, with keys, headers, and nothing at all', async () => {
  const topic = await ground.topic()
  const rotation = await fenced()
  const messages = [
    { key: 'first', value: Buffer.from('\u00e9 \u2713'), headers: { a: '1', b: Buffer.from([0, 255]) } },
    { key: null, value: Buffer.alloc(20_000, 7) },
    { key: Buffer.from([0]), value: null }
  ]
  const transaction = rotation.begin()
  const written = await transaction.write([{ topic, partition: 0, offset: 1 }], [[{ topic, partition: 0, messages }]])
  await transaction.commit()
  await rotation.close()
  expect(written).toMatchObject([{ topic, partition: 0, errorCode: 0, baseOffset: 0 }])
  const seen = await readBack(topic, 3)
  expect(seen.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual([
    { key: Buffer.from('first'), value: Buffer.from('\u00e9 \u2713'), headers: { a: Buffer.from('1'), b: Buffer.from([0, 255]) } },
    { key: null, value: Buffer.alloc(20_000, 7), headers: {} },
    { key: Buffer.from([0]), value: null, headers: {} }
  ])
  const admin = ground.kafka().admin()
  await admin.connect()
  const [group] = await admin.fetchOffsets({ groupId: `${ground.prefix}.group`, topics: [topic] })
  expect(group!.partitions.find(({ partition }) => partition === 0)!.offset).toBe('1')
  await admin.disconnect()
})

test('several waves to a partition in one transaction, and many transactions, each once and in order', async () => {
  const topic = await ground.topic()
  const rotation = await fenced()
  const expected: string[] = []
  for (let n = 0; n < 60; n++) {
    const values = [`${n}a`, `${n}b`, `${n}c`]
    const transaction = rotation.begin()
    await transaction.write([{ topic, partition: 0, offset: n }], [wave(topic, values[0]!, values[1]!), wave(topic, values[2]!)])
    await transaction.commit()
    expected.push(...values)
  }
  await rotation.close()
  expect(valuesOf(await readBack(topic, expected.length))).toEqual(expected)
})

test('on one id again and again: what begins before the last one is complete waits for it', async () => {
  const topic = await ground.topic()
  const rotation = await fenced()
  const expected: string[] = []
  for (let n = 0; n < 40; n++) {
    // Two of three are thrown away unused, so that each one comes right after another of its id.
    const transaction = rotation.begin()
    for (let skipped = 0; skipped < 2; skipped++) rotation.begin()
    await transaction.write([{ topic, partition: 0, offset: n }], [wave(topic, String(n))])
    await transaction.commit()
    expected.push(String(n))
  }
  await rotation.close()
  expect(valuesOf(await readBack(topic, expected.length))).toEqual(expected)
})

test('whoever fences later refuses what was open: nothing of it is seen', async () => {
  const topic = await ground.topic()
  const first = await fenced('contested')
  const open = first.begin()
  await open.write([], [wave(topic, 'never')])
  const second = await fenced('contested')
  await expect(open.commit()).rejects.toMatchObject({ type: expect.stringMatching(/^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)$/) })
  await expect(first.begin().write([], [wave(topic, 'nor this')])).rejects.toMatchObject({ code: 'PRODUCE_FAILED' })
  await write(second.begin(), topic, 'this')
  await Promise.all([first.close(), second.close()])
  expect(valuesOf(await readBack(topic, 1))).toEqual(['this'])
})

test('a partition that is not there is an error, and takes nothing with it', async () => {
  const topic = await ground.topic()
  const rotation = await fenced()
  const missing = { topic: `${ground.prefix}.nowhere`, partition: 0, messages: [{ key: 'k', value: 'lost' }] }
  await expect(rotation.begin().write([], [[...wave(topic, 'with it'), missing]])).rejects.toMatchObject({ code: 'NOT_WRITTEN' })
  await rotation.close()
  const again = await fenced()
  await write(again.begin(), topic, 'after it')
  await again.close()
  expect(valuesOf(await readBack(topic, 1))).toEqual(['after it'])
})

test('a record that the broker refuses ends its transaction, by the broker\'s word', async () => {
  const topic = await ground.topic()
  const rotation = await fenced()
  const huge = [{ topic, partition: 0, messages: [{ key: 'k', value: Buffer.alloc(2_000_000) }] }]
  await expect(rotation.begin().write([], [huge])).rejects.toMatchObject({ code: 'PRODUCE_FAILED', cause: { type: 'MESSAGE_TOO_LARGE' } })
  await rotation.close()
})

async function write (transaction: TaskTransaction, topic: string, value: string): Promise<void> {
  await transaction.write([], [wave(topic, value)])
  await transaction.commit()
}
