// The broker goes away and comes back: what was read and sent goes on, and nobody calls old state fresh meanwhile.
import { startPrivateBroker, type PrivateBroker } from '@mesh/local-stack'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startBatchSender } from '../src/batch-sender.ts'
import { startCompactedTable } from '../src/compacted-table.ts'
import { startPartitionReader } from '../src/partition-reader.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

let broker: PrivateBroker
let ground: TopicGround
const freshMs = 600

beforeAll(async () => {
  broker = await startPrivateBroker()
  ground = new TopicGround(broker.brokers)
  await ground.open()
})
afterAll(async () => {
  await ground.close()
  await broker.stop()
})

const table = async (topic: string, applied: Map<string, string>) => startCompactedTable({
  kafka: ground.kafka(), topic, readerId: `${ground.prefix}.table`, freshMs, logger: silent, apply: ({ key, value }) => { applied.set(key, String(value)) }
})

test('a table is out of date as soon as the broker is gone for its bound, and fresh again when it is back', async () => {
  const topic = await ground.topic(1, [{ name: 'cleanup.policy', value: 'compact' }])
  const applied = new Map<string, string>()
  const control = await table(topic, applied)
  await ground.write(topic, { key: 'a', value: '1' })
  await until(() => applied.get('a') === '1' && control.isFresh(Date.now()), 'the table is fresh')
  await broker.kill()
  const goneAtMs = performance.now()
  await until(() => !control.isFresh(Date.now()), 'the table is out of date')
  expect(performance.now() - goneAtMs).toBeLessThan(2 * freshMs)
  expect(control.problem(Date.now())).toMatch(/was last read to its end \d+ ms ago/)
  await broker.start()
  await until(() => control.isFresh(Date.now()), 'the table is fresh again')
  await ground.write(topic, { key: 'a', value: '2' })
  await until(() => applied.get('a') === '2', 'what was written after the outage is applied')
  await control.close()
})

test('what is sent while the broker is away arrives once, in order, and is read on from where reading stopped', async () => {
  const topic = await ground.topic()
  const seen: string[] = []
  const reader = await startPartitionReader({
    kafka: ground.kafka(), topic, partitions: [0], readerId: `${ground.prefix}.reader`, from: 'latest', logger: silent,
    onRecords (records) { for (const { value } of records) seen.push(String(value)) }
  })
  const sender = await startBatchSender({ kafka: ground.kafka(), logger: silent, batchRecordsMax: 20 })
  const failures: unknown[] = []
  let sent = 0
  const send = (count: number) => {
    for (let i = 0; i < count; i++) {
      sender.send({ topic, partition: 0, key: null, value: Buffer.from(String(sent++)) }, error => { if (error !== undefined) failures.push(error) })
    }
  }
  send(50)
  await until(() => seen.length > 0, 'reading has begun')
  await broker.kill()
  send(100)
  await broker.start()
  send(50)
  await sender.flush()
  await until(() => seen.length >= sent, 'everything is read')
  expect(failures).toEqual([])
  expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => String(i)))
  expect(reader.problem()).toBeUndefined()
  await sender.close()
  await reader.close()
})

test('closing while the broker is away has a bound', async () => {
  const topic = await ground.topic()
  const control = await table(topic, new Map())
  await broker.kill()
  await until(() => control.problem(Date.now()) !== undefined, 'the table is out of date')
  const closingAtMs = performance.now()
  await control.close()
  expect(performance.now() - closingAtMs).toBeLessThan(10_000)
  await broker.start()
}, 60_000)
