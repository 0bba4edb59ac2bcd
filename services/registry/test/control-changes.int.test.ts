import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningRegistry } from '../src/process.ts'
import { ask, registration, RegistryStand, type Answer } from './registry-stand.ts'

let stand: RegistryStand
let registry: RunningRegistry
beforeAll(async () => {
  stand = await RegistryStand.open()
  registry = await stand.start()
  await ask(registry.port, '/agents', registration({ name: 'memory', inboxPartitions: 1, answersPartitions: 1 }))
})
afterAll(() => stand.close())

const put = (path: string, body: unknown) => ask(registry.port, path, body, 'PUT')
const setRate = (id: string, ratePerS: unknown, changes = {}) => put(`/quotas/${id}`, { ratePerS, who: 'ada', ...changes })
const unset = (name: string) => ask(registry.port, `/quotas/agent/${name}`, { who: 'bob', why: 'enough' }, 'DELETE')
const setStatus = (status: string, name = 'memory') => put(`/agents/${name}/status`, { status, who: 'ada', why: 'a test' })
const quotas = async (): Promise<Record<string, unknown>> => {
  const { body } = await ask(registry.port, '/quotas')
  return Object.fromEntries(body.quotas.map((quota: { quotaId: string, ratePerS: number, from: string }) => [quota.quotaId, [quota.ratePerS, quota.from]]))
}
const ends = () => Promise.all([stand.names.registry, stand.names.quotas, stand.names.changes].map(topic => stand.admin.fetchTopicOffsets(topic)))
const statusOf = async (path: string) => (await ask(registry.port, path)).body.status

describe('quotas', () => {
  test('are built in for each role, until somebody sets one', async () =>
    expect(await quotas()).toEqual({ 'role/bot': [100, 'built-in'], 'role/orchestrator': [200, 'built-in'], 'role/analytics': [50, 'built-in'], 'role/crm_sync': [10, 'built-in'] }))

  test('are in the next GET when the answer to PUT or DELETE is there', async () => {
    for (let ratePerS = 1; ratePerS <= 5; ratePerS++) {
      expect(await setRate('agent/memory', ratePerS)).toMatchObject({ status: 200, body: { isChanged: true, after: { ratePerS, burst: ratePerS, outstandingMax: 100_000 }, warnings: [] } })
      expect(await quotas()).toMatchObject({ 'agent/memory': [ratePerS, 'record'] })
    }
    expect(await setRate('role/crm_sync', 20, { burst: 5, outstandingMax: 7 })).toMatchObject({ body: { before: { ratePerS: 10 }, after: { ratePerS: 20, burst: 5, outstandingMax: 7 } } })
    expect(await unset('memory')).toMatchObject({ status: 200, body: { entity: 'quota/agent/memory', isChanged: true, before: { ratePerS: 5 }, after: null } })
    expect(await quotas()).toEqual(expect.objectContaining({ 'role/crm_sync': [20, 'record'] }))
    expect(await quotas()).not.toHaveProperty('agent/memory')
  })

  test.each([
    ['0', 'agent/memory', '{"ratePerS":0,"who":"ada"}'], ['negative', 'agent/memory', '{"ratePerS":-1,"who":"ada"}'], ['NaN', 'agent/memory', '{"ratePerS":null,"who":"ada"}'],
    ['infinite', 'role/bot', '{"ratePerS":1e999,"who":"ada"}'], ['a text', 'role/bot', '{"ratePerS":"10","who":"ada"}']
  ])('with a rate that is %s are refused with a message, and nothing is written', async (_name, id, body) => {
    const before = await ends()
    expect(await put(`/quotas/${id}`, body)).toMatchObject({
      status: 400, type: expect.stringContaining('application/problem+json'),
      body: { code: 'INVALID_REQUEST', detail: 'ratePerS: must be a number of dispatches per second from 0.001 to 1,000,000' }
    })
    expect(await ends()).toEqual(before)
  })

  test('of a role that there is not are refused with those that there are; of an unknown agent they are taken with a warning', async () => {
    expect(await setRate('role/king', 5)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', detail: expect.stringContaining('orchestrator') } })
    expect(await setRate('agent/Not.A.Name', 5)).toMatchObject({ status: 400 })
    expect(await setRate('agent/nobody', 5)).toMatchObject({ status: 200, body: { isChanged: true, warnings: ['No agent nobody is registered yet.'] } })
  })
})

describe('the status of an agent', () => {
  test.each([['paused', 'active'], ['draining', 'paused'], ['active', 'draining']])('becomes %s, and whoever reads sees it at once', async (status, before) => {
    expect(await setStatus(status)).toMatchObject({ status: 200, body: { entity: 'agent/memory/status', isChanged: true, before, after: status } })
    expect(await statusOf('/agents/memory')).toBe(status)
  })

  test('stays through registering again, with this version and the next', async () => {
    await setStatus('paused')
    for (const version of ['1.0.0', '1.1.0']) {
      await ask(registry.port, '/agents', registration({ name: 'memory', version }))
      expect(await statusOf(`/agents/memory/versions/${version}`)).toBe('paused')
    }
    await setStatus('active')
    expect(await statusOf('/agents/memory')).toBe('active')
  })

  test('of nobody can\'t be changed, and a pause does not end a quarantine', async () => {
    expect(await setStatus('paused', 'nobody')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    expect(await setStatus('asleep')).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    await setStatus('quarantined')
    expect(await setStatus('paused')).toMatchObject({ status: 409, body: { code: 'QUARANTINED' } })
    expect(await setStatus('active')).toMatchObject({ status: 200 })
  })
})

describe('each change', () => {
  let start: number
  const changed = async () => (await stand.changes()).slice(start)
  beforeAll(async () => { start = (await stand.changes()).length })

  test('leaves one record of who, when, why, before and after', async () => {
    const startedMs = Date.now()
    const answers: Answer[] = []
    answers.push(await setRate('agent/memory', 30, { why: 'the campaign' }), await setRate('agent/memory', 40), await unset('memory'), await setStatus('draining'))
    const limits = (rate: number) => JSON.stringify({ ratePerS: rate, burst: rate, outstandingMax: 100_000 })
    const entity = 'quota/agent/memory'
    expect(await changed()).toEqual([
      { who: 'ada', why: 'the campaign', entity, before: null, after: limits(30) },
      { who: 'ada', why: null, entity, before: limits(30), after: limits(40) },
      { who: 'bob', why: 'enough', entity, before: limits(40), after: null },
      { who: 'ada', why: 'a test', entity: 'agent/memory/status', before: '"active"', after: '"draining"' }
    ].map((change, index) => ({ ...change, changeId: answers[index]!.body.changeId, atMs: expect.any(Number) })))
    expect((await changed()).every(({ atMs }) => atMs >= startedMs && atMs <= Date.now())).toBe(true)
    expect(new Set(answers.map(({ body }) => body.changeId)).size).toBe(4)
  })

  test('that is none writes nothing and says so', async () => {
    await setRate('agent/memory', 40)
    const before = await ends()
    for (const again of [await setRate('agent/memory', 40), await setRate('role/bot', 100), await unset('nobody-yet'), await setStatus('draining')]) {
      expect(again).toMatchObject({ status: 200, body: { isChanged: false, changeId: null } })
    }
    expect(await ends()).toEqual(before)
  })

  test('of many at once is decided one after another: the records are a chain', async () => {
    const before = (await changed()).length
    await Promise.all(Array.from({ length: 8 }, (_, index) => setRate('role/analytics', 60 + index)))
    const chain = (await changed()).slice(before)
    expect(chain).toHaveLength(8)
    for (const [index, { before: was }] of chain.entries()) if (index > 0) expect(was).toBe(chain[index - 1]!.after)
    expect((await ask(registry.port, '/quotas')).body.quotas.find(({ quotaId }: { quotaId: string }) => quotaId === 'role/analytics').ratePerS)
      .toBe(JSON.parse(chain.at(-1)!.after!).ratePerS)
  })
})

test('quotas and status are there after a restart, and garbage does not hide them', async () => {
  const producer = stand.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  await producer.send({ topic: stand.names.quotas, messages: [{ key: 'role/bot', value: 'junk', partition: 0 }] })
  await producer.disconnect()
  const before = await quotas()
  await stand.drain(registry)
  registry = await stand.start()
  expect(await quotas()).toEqual(before)
  expect(await statusOf('/agents/memory')).toBe('draining')
  expect((await ask(registry.healthPort, '/metrics')).body).toMatch(/mesh_registry_undecodable_records\{process="registry"\} 1/)
  expect((await ask(registry.port, '/docs/json')).body.paths).toMatchObject({
    '/quotas': { get: expect.anything() }, '/quotas/role/{role}': { put: expect.anything() },
    '/quotas/agent/{name}': { put: expect.anything(), delete: expect.anything() }, '/agents/{name}/status': { put: expect.anything() }
  })
})
