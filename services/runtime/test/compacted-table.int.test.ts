// A table over a real topic: whole, in step, and honest about being out of date.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { KafkaConfig } from 'kafkajs'
import { type CompactedTable, startCompactedTable } from '../src/compacted-table.ts'
import { silent, TopicGround, until } from './topic-ground.ts'

const ground = new TopicGround()
const compacted = [{ name: 'cleanup.policy', value: 'compact' }]
const freshMs = 400
let seen: Map<string, string>
let table: CompactedTable | undefined
let failure: Error | undefined

beforeAll(() => ground.open())
afterAll(() => ground.close())
beforeEach(() => {
  seen = new Map()
  failure = undefined
})
afterEach(async () => {
  await table?.close()
  table = undefined
})

const start = async (topic: string, stallMsMax?: number, overrides?: Partial<KafkaConfig>): Promise<CompactedTable> => {
  table = await startCompactedTable({
    kafka: ground.kafka(overrides), topic, readerId: ground.prefix, freshMs, logger: silent, ...stallMsMax === undefined ? {} : { stallMsMax },
    apply ({ key, value }) {
      if (failure !== undefined) throw failure
      if (value === null) seen.delete(key)
      else seen.set(key, value.toString())
    }
  })
  return table
}
const isFresh = () => table?.isFresh(Date.now()) === true

test('a topic is there whole when the start resolves, without what was removed', async () => {
  const topic = await ground.topic(3, compacted)
  await ground.write(topic, ...Array.from({ length: 3_000 }, (_, i) => ({ key: `k${i % 1_000}`, value: `v${i}`, partition: i % 1_000 % 3 })))
  await ground.write(topic, { key: 'k0', value: null }, { key: 'k3', value: null })
  await start(topic)
  expect(seen.size).toBe(998)
  expect(seen.get('k999')).toBe('v2999')
  expect(seen.has('k0')).toBe(false)
  expect(isFresh()).toBe(true)
  expect(table!.problem(Date.now())).toBeUndefined()
})

test('an empty topic is a fresh, empty table', async () => {
  await start(await ground.topic(1, compacted))
  expect([seen.size, isFresh(), table!.appliedOffset()]).toEqual([0, true, -1])
})

test('what is written later is applied, and the table stays fresh meanwhile', async () => {
  const topic = await ground.topic(1, compacted)
  await start(topic)
  const overAtMs = performance.now() + 3 * freshMs
  let written = 0
  while (performance.now() < overAtMs) {
    await ground.write(topic, { key: 'k', value: String(written++) })
    expect(isFresh()).toBe(true)
  }
  await until(() => seen.get('k') === String(written - 1), 'the last value is applied')
  expect(table!.appliedOffset()).toBe(written - 1)
})

test('aborted records at the end hold back neither the start nor freshness', async () => {
  const topic = await ground.topic(1, compacted)
  await ground.write(topic, { key: 'a', value: '1' })
  await ground.aborted(topic)
  await start(topic, 5_000)
  expect([...seen]).toEqual([['a', '1']])
  await ground.aborted(topic, 200)
  await until(() => table!.appliedOffset() === 205, 'the position has passed the aborted records and both markers')
  expect([isFresh(), [...seen.keys()]]).toEqual([true, ['a']])
})

test('an open transaction holds nothing back, and its records come with its commit', async () => {
  const topic = await ground.topic(1, compacted)
  await ground.write(topic, { key: 'a', value: '1' })
  const { transaction, close } = await ground.openTransaction(topic)
  await start(topic)
  expect([[...seen.keys()], isFresh()]).toEqual([['a'], true])
  await transaction.commit()
  await close()
  await until(() => seen.size === 4, 'the records of the transaction are applied')
})

test('a start in which nothing moves ends with the reason', async () => {
  const topic = await ground.topic(1, compacted)
  await ground.write(topic, { key: 'a', value: '1' })
  failure = new Error('no room')
  await expect(start(topic, 300)).rejects.toMatchObject({ code: 'READ_STALLED', retriable: true, message: expect.stringContaining('no room') })
})

test('a record that can not be applied costs freshness, is named, and is tried until it can', async () => {
  const topic = await ground.topic(1, compacted)
  await start(topic)
  failure = new Error('no room')
  await ground.write(topic, { key: 'a', value: '1' }, { key: 'b', value: '2' })
  await until(() => !isFresh(), 'the table is out of date')
  expect(table!.problem(Date.now())).toMatch(/was last read to its end \d+ ms ago: records from .*\/0\/0 on could not be taken: no room/)
  failure = undefined
  await until(isFresh, 'the table is fresh again')
  expect([...seen]).toEqual([['a', '1'], ['b', '2']])
})

test('a topic that was made anew is never taken for the old one', async () => {
  const topic = await ground.topic(1, compacted)
  await ground.write(topic, ...Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: 'old' })))
  await start(topic)
  await ground.admin.deleteTopics({ topics: [topic] })
  await until(async () => !(await ground.admin.listTopics()).includes(topic), 'the topic is gone')
  await ground.make(topic, 1, compacted)
  await until(() => table!.problem(Date.now())?.includes('must be restarted') === true, 'the new topic is noticed')
  expect(isFresh()).toBe(false)
})

test('a topic that is not there is an error', async () => {
  await expect(start(`${ground.prefix}.nowhere`, undefined, { retry: { retries: 2 } })).rejects.toThrow(/does not host this topic-partition/)
})
