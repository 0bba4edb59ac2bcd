// Reads of the log at any offset: what is covered, what is left out, and what happens when the broker goes.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { startPrivateBroker } from '@mesh/local-stack'
import { clusterOf } from '../src/kafkajs-cluster.ts'
import { type LogReader, logReaderOn, startLogReader } from '../src/log-reader.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

const ground = new TopicGround()
let reader: LogReader
const bytesMax = 64 * 1024
const valuesOf = (records: readonly { readonly value: Buffer | null }[]) => records.map(({ value }) => String(value))
const text = (bytes: number) => 'x'.repeat(bytes)

beforeAll(async () => {
  await ground.open()
  reader = await startLogReader({ kafka: ground.kafka(), logger: silent })
})
afterAll(async () => {
  await reader.close()
  await ground.close()
})
const closing: (() => Promise<void>)[] = []
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close() })

test('reads at any offset, also in the middle of a batch, and says where to go on and where the end is', async () => {
  const topic = await ground.topic(2)
  await ground.write(topic, ...['a', 'b', 'c', 'd'].map(value => ({ key: 'k', value })))
  await ground.write(topic, { key: 'k', value: 'other', partition: 1 })
  const chunks = await reader.read([
    { topic, partition: 1, offset: 0, bytesMax }, { topic, partition: 0, offset: 2, bytesMax },
    { topic, partition: 0, offset: 0, bytesMax }, { topic, partition: 0, offset: 4, bytesMax }
  ])
  expect(chunks.map(({ partition, records, nextOffset, endOffset }) => [partition, valuesOf(records), nextOffset, endOffset]))
    .toEqual([[1, ['other'], 1, 1], [0, ['c', 'd'], 4, 4], [0, ['a', 'b', 'c', 'd'], 4, 4], [0, [], 4, 4]])
  expect(chunks[1]!.records[0]).toMatchObject({ topic, partition: 0, offset: 2, key: Buffer.from('k'), headers: {} })
  expect(Date.now() - chunks[1]!.records[0]!.appendedAtMs).toBeLessThan(30_000)
})

test('a client that gives no answer at all is thrown away, by however many reads; the next ones are answered', async () => {
  const topic = await ground.topic()
  await ground.write(topic, { key: 'k', value: 'a' })
  let clients = 0
  const patient = await logReaderOn(() => {
    const cluster = clusterOf(ground.kafka())
    if (clients++ === 0) cluster.findBroker = () => new Promise(() => undefined)
    return cluster
  }, silent, 2_000)
  closing.push(() => patient.close())
  const read = () => patient.read([{ topic, partition: 0, offset: 0, bytesMax }])
  const failures = await Promise.all([read(), read()].map(reading => reading.catch((error: unknown) => error)))
  expect(failures).toMatchObject([{ code: 'READ_STALLED', retriable: true }, { code: 'READ_STALLED' }])
  await until(async () => (await read().catch(() => [{ records: [] }]))[0]!.records.length === 1, 'an answer of another client')
  expect(clients).toBe(2)
})

test('markers and aborted records are passed over, an open transaction is not', async () => {
  const topic = await ground.topic()
  await ground.write(topic, { key: 'k', value: 'before' })
  await ground.aborted(topic, 3)
  const open = await ground.openTransaction(topic, 2)
  closing.push(open.close)
  await ground.write(topic, { key: 'k', value: 'behind the open one' })
  expect(await reader.read([{ topic, partition: 0, offset: 0, bytesMax }, { topic, partition: 0, offset: 1, bytesMax }])).toMatchObject([
    { records: [{ offset: 0 }], nextOffset: 5, endOffset: 5 }, { records: [], nextOffset: 5, endOffset: 5 }
  ])
  await open.transaction.commit()
  await until(async () => (await reader.read([{ topic, partition: 0, offset: 5, bytesMax }]))[0]!.nextOffset === 9, 'the commit is there')
  const [chunk] = await reader.read([{ topic, partition: 0, offset: 5, bytesMax }])
  expect(chunk).toMatchObject({ records: [{ offset: 5 }, { offset: 6 }, { offset: 7 }], nextOffset: 9, endOffset: 9 })
})

test('records of aborted transactions that lie between each other are left out', async () => {
  const topic = await ground.topic()
  const first = await ground.openTransaction(topic, 1)
  const second = await ground.openTransaction(topic, 1)
  closing.push(first.close, second.close)
  await first.transaction.send({ topic, messages: [{ value: 'aborted', partition: 0 }] })
  // The second ends first, so the broker lists it first, which kafkajs alone gets wrong.
  await second.transaction.abort()
  await first.transaction.abort()
  await ground.write(topic, { key: 'k', value: 'there' })
  const [chunk] = await reader.read([{ topic, partition: 0, offset: 0, bytesMax }])
  expect([valuesOf(chunk!.records), chunk!.nextOffset]).toEqual([['there'], 6])
})

test('a small bound takes part of the log, and reading on covers everything once', async () => {
  const topic = await ground.topic()
  for (let i = 0; i < 10; i++) await ground.write(topic, { key: 'k', value: `${i} ${text(3_000)}` })
  const seen: string[] = []
  let reads = 0
  for (let offset = 0; ; reads++) {
    const [chunk] = await reader.read([{ topic, partition: 0, offset, bytesMax: 10_000 }])
    if (chunk!.records.length === 0) break
    expect(chunk!.endOffset).toBe(10)
    seen.push(...valuesOf(chunk!.records).map(value => value[0]!))
    offset = chunk!.nextOffset
  }
  expect([seen.join(''), reads]).toEqual(['0123456789', 4])
})

test('batches larger than the bound are given all the same, of every partition asked for', async () => {
  const topic = await ground.topic(5)
  await ground.write(topic, ...[0, 1, 2, 3, 4].map(partition => ({ key: 'k', value: `${partition} ${text(20_000)}`, partition })))
  const chunks = await reader.read([4, 3, 2, 1, 0].map(partition => ({ topic, partition, offset: 0, bytesMax: 100 })))
  expect(chunks.map(({ records, nextOffset }) => [valuesOf(records)[0]![0], nextOffset])).toEqual([['4', 1], ['3', 1], ['2', 1], ['1', 1], ['0', 1]])
})

test('an offset out of range is answered with the first that is there, and hides no other partition', async () => {
  const topic = await ground.topic(2)
  await ground.write(topic, { key: 'k', value: 'gone' }, { key: 'k', value: 'there' }, { key: 'k', value: 'p1', partition: 1 })
  await ground.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] })
  const chunks = await reader.read([[0, 0], [1, 0], [1, 99]].map(([partition, offset]) => ({ topic, partition: partition!, offset: offset!, bytesMax })))
  expect(chunks).toMatchObject([
    { problem: 'OUT_OF_RANGE', records: [], nextOffset: 1, endOffset: 2 }, { records: [{ offset: 0 }] }, { problem: 'OUT_OF_RANGE', nextOffset: 0, endOffset: 1 }
  ])
  expect(chunks[1]!.problem).toBeUndefined()
  expect(valuesOf((await reader.read([{ topic, partition: 0, offset: chunks[0]!.nextOffset, bytesMax }]))[0]!.records)).toEqual(['there'])
})

test('a topic made after the start is found, one that is not there is an error with a code', async () => {
  const known = await ground.topic()
  await ground.write(known, { key: 'k', value: 'there' })
  const read = (topic: string, partition = 0) => reader.read([{ topic: known, partition: 0, offset: 0, bytesMax }, { topic, partition, offset: 0, bytesMax }])
  await expect(read(`${ground.prefix}.none`)).rejects.toMatchObject({ code: 'UNKNOWN_PARTITION', retriable: true })
  await expect(read(known, 7)).rejects.toMatchObject({ code: 'UNKNOWN_PARTITION' })
  expect(await reader.readWhatCan([{ topic: known, partition: 7, offset: 0, bytesMax }, { topic: known, partition: 0, offset: 0, bytesMax }]))
    .toMatchObject([undefined, { records: [{ offset: 0 }] }])
  const made = await ground.topic()
  await ground.write(made, { key: 'k', value: 'made' })
  expect((await read(made)).map(({ records }) => valuesOf(records))).toEqual([['there'], ['made']])
})

test('what groups have committed, and nothing where nothing was', async () => {
  const topic = await ground.topic(3)
  await ground.write(topic, ...['a', 'b'].map(value => ({ key: 'k', value, partition: 2 })))
  const groupId = `${ground.prefix}.group`
  await ground.admin.setOffsets({ groupId, topic, partitions: [{ partition: 2, offset: '2' }, { partition: 0, offset: '0' }] })
  const ask = [2, 1, 0].map(partition => ({ topic, partition }))
  expect(await reader.committed(groupId, ask)).toEqual([2, undefined, 0])
  expect(await reader.committed(`${groupId}.none`, ask)).toEqual([undefined, undefined, undefined])
})

test('goes on by itself when the broker comes back, and fails with a code, in bounded time, while it is away', async () => {
  const broker = await startPrivateBroker()
  const there = new TopicGround(broker.brokers)
  closing.push(() => broker.stop(), () => there.close())
  await there.open()
  const topic = await there.topic()
  await there.write(topic, { key: 'k', value: 'before' })
  const read = await startLogReader({ kafka: there.kafka(), logger: silent })
  closing.push(() => read.close())
  const ask = async () => (await read.read([{ topic, partition: 0, offset: 0, bytesMax }]))[0]!
  expect(valuesOf((await ask()).records)).toEqual(['before'])
  await broker.kill()
  const goneAtMs = performance.now()
  await expect(ask()).rejects.toMatchObject({ code: 'READ_STALLED', retriable: true })
  expect(performance.now() - goneAtMs).toBeLessThan(20_000)
  const waiting = ask()
  await broker.start()
  expect(valuesOf((await waiting).records)).toEqual(['before'])
  await there.write(topic, { key: 'k', value: 'after' })
  await until(async () => (await ask()).nextOffset === 2, 'the next record is read')
  expect(await read.committed(`${there.prefix}.none`, [{ topic, partition: 0 }])).toEqual([undefined])
}, 120_000)

test('a closed reader refuses to read', async () => {
  const topic = await ground.topic()
  const closed = await startLogReader({ kafka: ground.kafka(), logger: silent })
  await closed.close()
  await expect(closed.read([{ topic, partition: 0, offset: 0, bytesMax }])).rejects.toMatchObject({ code: 'READ_STALLED' })
})
