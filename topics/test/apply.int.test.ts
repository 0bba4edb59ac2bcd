import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { agentTopics, applyPlan, createTopics, desiredTopics, isEmpty, observedAgentTopics, observeTopics, plan } from '../src/index.ts'

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs
const kafka = new Kafka({ brokers: process.env['MESH_KAFKA_BROKERS']!.split(','), clientId: 'topics-test', logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } })
const namespaces: string[] = []
let admin: Admin

function newMesh (taskCount = 2) {
  const namespace = `t-${randomUUID().slice(0, 8)}`
  namespaces.push(namespace)
  const options = { namespace, taskCount, replicationFactor: 1 }
  return { namespace, options, desired: desiredTopics(options), audit: `${namespace}.audit` }
}

const setByHand = (topic: string, settings: Record<string, string>) => admin.alterConfigs({
  validateOnly: false,
  resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })) }]
})

async function until<T> (look: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const value = await look()
    if (isDone(value)) return value
  }
  throw new Error('it never came')
}

beforeAll(async () => {
  admin = kafka.admin()
  await admin.connect()
})

afterAll(async () => {
  const topics = (await admin.listTopics()).filter(topic => namespaces.some(namespace => topic.startsWith(`${namespace}.`)))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.disconnect()
})

describe('applying a plan to a real broker', () => {
  test('creates what the catalogue says, so that the next plan is empty', async () => {
    const { desired, options } = newMesh()
    const before = plan(desired, await observeTopics(admin, options))
    expect(await applyPlan(admin, before, { desired })).toEqual({ created: desired.length, grown: 0, altered: 0 })
    const observed = await observeTopics(admin, options)
    expect(isEmpty(plan(desired, observed))).toBe(true)
    for (const topic of desired) expect(observed.find(({ name }) => name === topic.name)).toMatchObject({ partitions: topic.partitions, config: topic.config })
  })

  test('puts right a setting that somebody changed, and keeps the one they added', async () => {
    const { desired, options, audit } = newMesh()
    await applyPlan(admin, plan(desired, []), { desired })
    await setByHand(audit, { 'retention.ms': '60000', 'flush.ms': '12345' })
    // The broker takes a change before it shows it.
    const drifted = await until(async () => plan(desired, await observeTopics(admin, options)), ({ changes }) => changes.length > 0)
    const settings = drifted.changes.map(change => change.kind === 'config' && change.setting)
    expect(settings).toEqual(expect.arrayContaining(['retention.ms', 'message.timestamp.type', 'cleanup.policy']))
    expect(drifted.notes).toEqual([`${audit}: flush.ms=12345 was set by hand and is kept`])

    await applyPlan(admin, drifted, { desired, allowDestructive: true })
    const observed = await observeTopics(admin, options)
    expect(isEmpty(plan(desired, observed))).toBe(true)
    expect(observed.find(({ name }) => name === audit)?.config).toEqual({ ...desired.find(({ name }) => name === audit)!.config, 'flush.ms': '12345' })
  })

  test('adds partitions with the flag only', async () => {
    const { desired, options, audit } = newMesh()
    await applyPlan(admin, plan(desired, []), { desired })
    const more = desiredTopics({ ...options, taskCount: 3 })
    const growth = plan(more, await observeTopics(admin, options))
    await expect(applyPlan(admin, growth, { desired: more })).rejects.toMatchObject({ code: 'NEEDS_FLAG' })
    expect((await observeTopics(admin, options)).find(({ name }) => name === audit)?.partitions).toBe(2)

    expect(await applyPlan(admin, growth, { desired: more, allowDestructive: true })).toMatchObject({ grown: 6 })
    expect(isEmpty(plan(more, await observeTopics(admin, options)))).toBe(true)
    expect(plan(desired, await observeTopics(admin, options)).manual).toHaveLength(6)
  })

  test('by several processes at once is fine for all of them', async () => {
    const { desired, options } = newMesh()
    const [first, second] = [kafka.admin(), kafka.admin()]
    await Promise.all([first.connect(), second.connect()])
    try {
      const empty = plan(desired, [])
      await Promise.all([applyPlan(admin, empty, { desired }), applyPlan(first, empty, { desired }), applyPlan(second, empty, { desired })])
      expect(isEmpty(plan(desired, await observeTopics(admin, options)))).toBe(true)
    } finally {
      await Promise.all([first.disconnect(), second.disconnect()])
    }
  })
})

describe('an agent\'s topics', () => {
  test('can be written to once they were created, and created again', async () => {
    const { options } = newMesh()
    const topics = agentTopics({ name: 'lead-bot', inboxPartitions: 3, answersPartitions: 2 }, options)
    await createTopics(admin, topics)
    await createTopics(admin, topics)
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    try {
      const written = await producer.sendBatch({ topicMessages: topics.map(({ name, partitions }) => ({ topic: name, messages: [{ value: 'x', partition: partitions - 1 }] })) })
      expect(written.map(({ errorCode }) => errorCode)).toEqual(topics.map(() => 0))
    } finally {
      await producer.disconnect()
    }
    expect(isEmpty(plan(observedAgentTopics(await observeTopics(admin, options), options), await observeTopics(admin, options)))).toBe(true)
  })

  test('that exist with other partitions are said, not altered', async () => {
    const { options } = newMesh()
    await createTopics(admin, agentTopics({ name: 'lead-bot', inboxPartitions: 1, answersPartitions: 1 }, options))
    await expect(createTopics(admin, agentTopics({ name: 'lead-bot', inboxPartitions: 2, answersPartitions: 1 }, options)))
      .rejects.toMatchObject({ code: 'PARTITIONS_DIFFER', message: expect.stringContaining('lead-bot.p0 has 1 partitions, not 2') })
  })

  test('that the broker refuses are named, with its reason', async () => {
    const { options } = newMesh()
    await expect(createTopics(admin, agentTopics({ name: 'lead-bot', inboxPartitions: 1, answersPartitions: 1 }, { ...options, replicationFactor: 7 })))
      .rejects.toMatchObject({ code: 'CREATE_FAILED', message: expect.stringContaining('inbox.lead-bot.p0: Replication-factor is invalid') })
  })
})
