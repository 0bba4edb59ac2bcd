// Batches that are not simply records one after the other: compressed, aborted, with markers between, leading to nothing.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Admin, Producer } from 'kafkajs'
import { connectAdmin, testKafka } from './load.ts'
import { Scenario } from './scenario.ts'

const brokers = process.env['MESH_KAFKA_BROKERS']!.split(',')
const gzip = 1
let scenario: Scenario
let admin: Admin
let transactional: Producer

beforeEach(async () => {
  scenario = new Scenario(1)
  await scenario.open()
  admin = await connectAdmin(brokers)
  transactional = testKafka(brokers, 'other').producer({ transactionalId: `${scenario.topics.prefix}.other`, maxInFlightRequests: 1 })
  await transactional.connect()
})
afterEach(async () => {
  await transactional.disconnect()
  await admin.disconnect()
  await scenario.close()
})

async function sendInTransaction (topic: string, values: readonly (string | null)[], outcome: 'commit' | 'abort'): Promise<void> {
  const transaction = await transactional.transaction()
  await transaction.send({ topic, messages: values.map(value => ({ key: 'k0', value, partition: 0 })) })
  await transaction[outcome]()
}

async function committedOffset (topic: string): Promise<number> {
  const [found] = await admin.fetchOffsets({ groupId: scenario.topics.groupId, topics: [topic] })
  return Number(found!.partitions[0]!.offset)
}

test('compressed batches, aborted ones, markers at the end, and records that lead to nothing are all passed in order', async () => {
  const { load, reader, topics } = scenario
  const [topic] = topics.inputs
  const compressed = (count: number) => load.send(Array.from({ length: count }, (_, i) => load.input(0, i % 3 === 0 ? 'timer' : 'plain', i % 3)), gzip)
  await compressed(50)
  await sendInTransaction(topic!, ['aborted', 'aborted'], 'abort')
  await compressed(50)
  await sendInTransaction(topic!, [null, null], 'commit')
  await compressed(20)
  const first = scenario.worker('a')
  await first.running(0)
  await reader.seenMore(120)
  // Goes on in the middle of what it left, and the log ends with a marker.
  await first.kill()
  await compressed(30)
  await sendInTransaction(topic!, [null], 'commit')
  const second = scenario.worker('a')
  await second.running(0)
  await scenario.expectContract()
  // 150 records, two aborted and a marker, two that lead to nothing and a marker, one that leads to nothing.
  while (await committedOffset(topic!) < 157) await new Promise(resolve => setTimeout(resolve, 20))
  expect(await committedOffset(topic!)).toBe(157)
  await sendInTransaction(topic!, ['aborted'], 'abort')
  await compressed(10)
  await scenario.expectContract()
})
