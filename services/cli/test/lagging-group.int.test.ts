// `mesh topics` against a real broker.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { agentCatalogue, catalogue } from '@mesh/topics'
import { runMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'
import type { TopicLine } from '../src/core/topic-rows.ts'

const topicCount = catalogue.length + agentCatalogue.length
let mesh: PrivateMesh
beforeAll(async () => { mesh = await openPrivateMesh(['memory']) })
afterAll(async () => mesh.close())

const send = (topic: string, partition: number, count: number) =>
  mesh.producer.send({ topic, messages: Array.from({ length: count }, () => ({ key: 'w', partition, value: 'v' })) })

test('every topic is listed with what lies in it, and how far each group is behind on dispatches and inboxes', async () => {
  const { admin, names } = mesh
  const inbox = names.inbox('memory', 1)
  const [reader, coordinator] = [`${names.namespace}.memory.inbox`, `${names.namespace}.coordinator`]
  await send(inbox, 0, 5)
  await send(inbox, 1, 2)
  await send(names.dispatch(0), 1, 3)
  await mesh.commit(reader, [{ topic: inbox, partitions: [{ partition: 0, offset: '2' }, { partition: 1, offset: '2' }] }])
  await mesh.commit(coordinator, [{ topic: names.dispatch(0), partitions: [{ partition: 1, offset: '0' }] }, { topic: names.audit, partitions: [{ partition: 0, offset: '0' }] }])

  const { code, out, err } = await runMesh(['topics', '--json'], mesh.environment)
  expect([code, err]).toEqual([0, ''])
  const lines = new Map((JSON.parse(out) as TopicLine[]).map(line => [line.topic, line]))
  expect(lines.get(inbox)).toEqual({ topic: inbox, partitions: 2, records: 7, lag: { [reader]: 3 }, key: 'workflow id', owner: 'coordinator', isMissing: false })
  expect(lines.get(names.dispatch(0))).toMatchObject({ partitions: 2, records: 3, lag: { [coordinator]: 3 } })
  expect(lines.get(names.audit)).toMatchObject({ lag: {}, owner: 'coordinator' })
  expect([...lines.keys()].every(topic => topic.startsWith(`${names.namespace}.`))).toBe(true)
  expect(lines.size).toBe(topicCount)
  await admin.deleteGroups([reader, coordinator])
})

test('as a table it is plain text when nobody watches', async () => {
  const { out } = await runMesh(['topics'], mesh.environment)
  expect(out).toMatch(/^topic +partitions +records +lag +key +owner\n/)
  expect(out).toContain(`${topicCount} topics, `)
  expect(out).not.toContain('\u001b')
})

test('a broker that is away is said within seconds', async () => {
  const { code, err } = await runMesh(['topics'], { ...mesh.environment, MESH_KAFKA_BROKERS: '127.0.0.1:1,localhost:1' })
  expect(code).toBe(1)
  expect(err).toContain('No Kafka broker answers: 127.0.0.1:1 (ECONNREFUSED)')
})
