// A reader of chosen partitions: nothing missed, nothing twice, whatever its group goes through.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { onlyThese } from '../src/group-of-one.ts'
import { type PartitionReader, type PartitionReaderOptions, startPartitionReader } from '../src/partition-reader.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

const ground = new TopicGround()
let seen: string[]
let reader: PartitionReader | undefined

beforeAll(() => ground.open())
afterAll(() => ground.close())
beforeEach(() => { seen = [] })
afterEach(async () => {
  await reader?.close()
  reader = undefined
})

const start = async (topic: string, options: Partial<PartitionReaderOptions> = {}): Promise<PartitionReader> => {
  reader = await startPartitionReader({
    kafka: ground.kafka(), topic, partitions: [0], readerId: `${ground.prefix}.reader`, from: 'latest', logger: silent,
    onRecords (records) { for (const { value } of records) seen.push(String(value)) },
    ...options
  })
  return reader
}
const groups = async () => (await ground.admin.listGroups()).groups.map(({ groupId }) => groupId).filter(id => id.startsWith(`${ground.prefix}.reader.`))

test('from the latest: nothing written after the start resolved is missed, nothing from before it comes', async () => {
  const topic = await ground.topic()
  for (let round = 0; round < 3; round++) {
    await ground.write(topic, { key: 'k', value: 'before' })
    seen = []
    await start(topic)
    await ground.write(topic, { key: 'k', value: `after ${round}` })
    await until(() => seen.length > 0, 'the record has come')
    await reader!.close()
    expect(seen).toEqual([`after ${round}`])
  }
})

test('from the earliest: everything, with offset, time and headers', async () => {
  const topic = await ground.topic(1, [{ name: 'message.timestamp.type', value: 'LogAppendTime' }])
  const atMs = Date.now()
  await ground.write(topic, { key: 'a', value: '1' }, { key: 'b', value: null })
  const records: unknown[] = []
  await start(topic, { from: 'earliest', onRecords: some => { records.push(...some) } })
  await until(() => records.length === 2, 'both have come')
  expect(records).toMatchObject([{ topic, partition: 0, offset: 0, key: Buffer.from('a'), value: Buffer.from('1'), headers: {} }, { offset: 1, value: null }])
  expect((records[0] as { appendedAtMs: number }).appendedAtMs).toBeGreaterThanOrEqual(atMs - 1_000)
})

test('only the wanted partitions are read', async () => {
  const topic = await ground.topic(6)
  await start(topic, { partitions: [1, 4], from: 'earliest' })
  await ground.write(topic, ...[0, 1, 2, 3, 4, 5].map(partition => ({ key: 'k', value: `p${partition}`, partition })))
  await until(() => seen.length >= 2, 'both have come')
  await ground.write(topic, { key: 'k', value: 'p1 again', partition: 1 })
  await until(() => seen.includes('p1 again'), 'the last has come')
  expect(seen.toSorted()).toEqual(['p1', 'p1 again', 'p4'])
  expect([reader!.nextOffset(1), reader!.nextOffset(4)]).toEqual([2, 1])
})

test('a partition that is not there is an error', async () => {
  await expect(start(await ground.topic(2), { partitions: [1, 7] })).rejects.toMatchObject({ code: 'UNKNOWN_PARTITION' })
})

test('rebalances lose nothing, double nothing and never run two calls for a partition at once', async () => {
  const topic = await ground.topic()
  let running = 0
  let mostRunning = 0
  await start(topic, {
    async onRecords (records) {
      mostRunning = Math.max(mostRunning, ++running)
      await new Promise(resolve => setTimeout(resolve, 30))
      for (const { value } of records) seen.push(String(value))
      running--
    }
  })
  let isOver = false
  let written = 0
  const writing = (async () => { while (!isOver) await ground.write(topic, { key: 'k', value: String(written++) }) })()
  const [groupId] = await groups()
  for (let round = 0; round < 2; round++) {
    // Another member, as a restarted consumer is to the broker: each join and each leave is a rebalance.
    const other = ground.kafka().consumer({ groupId: groupId!, partitionAssigners: [onlyThese(topic, [0])], sessionTimeout: 10_000, maxWaitTimeInMs: 50 })
    const joined = Promise.withResolvers<void>()
    other.on(other.events.GROUP_JOIN, () => joined.resolve())
    await other.connect()
    await other.subscribe({ topic })
    await other.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} })
    await joined.promise
    await other.disconnect()
  }
  const before = seen.length
  await until(() => seen.length > before + 20, 'it reads on')
  isOver = true
  await writing
  await until(() => seen.length >= written, 'everything has come')
  expect(seen).toEqual(Array.from({ length: written }, (_, i) => String(i)))
  expect(mostRunning).toBe(1)
}, 60_000)

test('a call that fails is made again with the same records, in order, and is named meanwhile', async () => {
  const topic = await ground.topic()
  const tries: string[][] = []
  let failures = 0
  await start(topic, {
    onRecords (records) {
      tries.push(records.map(({ value }) => String(value)))
      if (failures++ < 3) throw new Error('not yet')
    }
  })
  await ground.write(topic, { key: 'k', value: '1' }, { key: 'k', value: '2' })
  await until(() => tries.length >= 1 && reader!.problem() !== undefined, 'the problem is named')
  expect(reader!.problem()).toMatch(/records from .*\/0\/0 on could not be taken: not yet/)
  await until(() => reader!.nextOffset(0) === 2, 'the call succeeds')
  expect([tries, reader!.problem()]).toEqual([Array.from({ length: 4 }, () => ['1', '2']), undefined])
})

test('a programming error in a call, on which kafkajs gives up, is tried again as well', async () => {
  const topic = await ground.topic()
  let failures = 0
  await start(topic, {
    onRecords (records) {
      if (failures++ === 0) throw new TypeError('not a function')
      for (const { value } of records) seen.push(String(value))
    }
  })
  await ground.write(topic, { key: 'k', value: '1' })
  await until(() => seen.length === 1, 'the record is handed over again')
  expect(reader!.problem()).toBeUndefined()
})

test('aborted records are not handed over, and are passed', async () => {
  const topic = await ground.topic()
  await start(topic)
  await ground.write(topic, { key: 'k', value: 'before' })
  await ground.aborted(topic, 5)
  await until(() => reader!.nextOffset(0) === 7, 'the position has passed the marker')
  await ground.write(topic, { key: 'k', value: 'after' })
  await until(() => seen.length === 2, 'both have come')
  expect(seen).toEqual(['before', 'after'])
})

test('each start has a group of its own, and takes it away at its end', async () => {
  const topic = await ground.topic()
  const others = await Promise.all([start(topic), start(topic)])
  expect(new Set(await groups()).size).toBe(2)
  await Promise.all(others.map(other => other.close()))
  reader = undefined
  expect(await groups()).toEqual([])
})

test('a reader that is closed while it comes back never reads again', async () => {
  const topic = await ground.topic()
  let calls = 0
  const onRecords = () => {
    calls++
    throw new TypeError('not a function')
  }
  await start(topic, { onRecords })
  await ground.write(topic, { key: 'k', value: '1' })
  // Closed at different moments of failing, disconnecting, waiting, connecting and joining.
  for (let round = 0; round < 8; round++) {
    await until(() => calls >= 1 + round % 2, 'a call has failed')
    await new Promise(resolve => setTimeout(resolve, round * 25))
    await reader!.close()
    const before = calls
    await new Promise(resolve => setTimeout(resolve, 400))
    expect([calls, await groups()]).toEqual([before, []])
    calls = 0
    await start(topic, { from: 'earliest', onRecords })
  }
}, 60_000)
