import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningRegistry } from '../src/process.ts'
import { ask, capability, registration, RegistryStand } from './registry-stand.ts'

let stand: RegistryStand
let registry: RunningRegistry
beforeAll(async () => {
  stand = await RegistryStand.open()
  registry = await stand.start()
})
afterAll(() => stand.close())

const register = (changes: Record<string, unknown> = {}) => ask(registry.port, '/agents', registration(changes))

describe('a registration', () => {
  test('is answered with its counts, its offset and a warning for what nobody offers yet', async () => {
    expect(await register()).toMatchObject({
      status: 201,
      body: { agent: 'intent-decoder', version: '1.0.0', inboxPartitions: 4, answersPartitions: 8, controlOffset: 0, warnings: ['Nobody offers the dependency memory_lookup yet.'] }
    })
  })

  test('is read by who wrote it', async () => {
    for (let minor = 1; minor <= 5; minor++) {
      const version = `1.${minor}.0`
      const { body: written } = await register({ version })
      const { body: read } = await ask(registry.port, '/agents/intent-decoder')
      expect(read).toMatchObject({ version, controlOffset: written.controlOffset })
      expect(read.versions[0]).toBe(version)
    }
  })

  test('made the agent\'s topics, with leaders, before it was answered', async () => {
    const { topics } = await stand.admin.fetchTopicMetadata({ topics: [...stand.names.inboxAll('intent-decoder'), stand.names.answers('intent-decoder')] })
    expect(topics.map(({ name, partitions }) => [name.slice(stand.namespace.length), partitions.length]).sort()).toEqual([
      ['.answers.intent-decoder', 8], ['.inbox.intent-decoder.p0', 4], ['.inbox.intent-decoder.p1', 4], ['.inbox.intent-decoder.p2', 4], ['.inbox.intent-decoder.p3', 4]
    ])
    expect(topics.flatMap(({ partitions }) => partitions).every(({ leader }) => leader >= 0)).toBe(true)
  })

  test('again writes nothing and answers the same', async () => {
    const first = await register({ version: '2.0.0' })
    const again = await register({ version: '2.0.0' })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
  })

  test('of many agents at once is decided one after another, each with its own offset', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `agent-${index}`)
    const answers = await Promise.all(names.map(name => register({ name, capabilities: [capability('contested', name)], inboxPartitions: 1, answersPartitions: 1 })))
    // All claim one capability under contracts of their own: one wins, whatever the timing.
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual(Array(7).fill('CONTRACT_CONFLICT'))
  })
})

describe('a contradiction is refused as problem+json', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['another team', { ownerTeam: 'crm' }, 'OWNER_CHANGED'],
    ['another contract under the same version', { version: '2.0.0', capabilities: [capability('analyze_lead')] }, 'CONTRACT_CHANGED'],
    ['a contract that contradicts another agent\'s', { name: 'imitator', capabilities: [capability('analyze_lead', 'other')] }, 'CONTRACT_CONFLICT'],
    ['a dependency on itself', { version: '3.0.0', dependencies: ['analyze_lead'] }, 'SELF_DEPENDENCY'],
    ['other inbox partitions', { version: '3.0.0', inboxPartitions: 2 }, 'PARTITIONS_CHANGED'],
    ['other answers partitions', { version: '3.0.0', answersPartitions: 2 }, 'PARTITIONS_CHANGED']
  ]
  test.each(cases)('%s', async (_name, changes, code) => {
    const before = await stand.admin.fetchTopicOffsets(stand.names.registry)
    const answer = await register(changes)
    expect(answer).toMatchObject({ status: 409, type: expect.stringContaining('application/problem+json'), body: { code, status: 409, retriable: false } })
    expect(answer.body.problems.map((problem: { code: string }) => problem.code)).toContain(code)
    expect(await stand.admin.fetchTopicOffsets(stand.names.registry)).toEqual(before)
  })

  test('topics that exist with other partition counts', async () => {
    await stand.admin.createTopics({ waitForLeaders: false, topics: [{ topic: stand.names.inbox('squatted', 1), numPartitions: 3 }] })
    expect(await register({ name: 'squatted', capabilities: [] })).toMatchObject({ status: 409, body: { code: 'PARTITIONS_CHANGED', detail: expect.stringContaining('exists with 3 partitions, not 4') } })
    expect(await ask(registry.port, '/agents/squatted')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })
})

describe('a bad request is refused', () => {
  test('with every problem of its fields', async () => {
    const { status, body } = await register({ name: 'Bad.Name', version: 'x', maxConcurrent: 0, unknown: 1 })
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(body.problems.map((problem: { field: string }) => problem.field)).toEqual(expect.arrayContaining(['name', 'version', 'maxConcurrent']))
    expect(body.detail).toContain('unknown')
  })
  test('when it is not JSON', async () => expect(await ask(registry.port, '/agents', '{')).toMatchObject({ status: 415, body: { code: 'NOT_JSON' } }))
  test('when it is too large', async () =>
    expect(await register({ capabilities: [capability('large', 'x'.repeat(600_000))] })).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } }))
  test('when the page does not exist', async () => expect(await ask(registry.port, '/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } }))
  test('when the filter is not one', async () => expect(await ask(registry.port, '/capabilities?domian=x')).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } }))
})

describe('what a registration says about failure', () => {
  const onFailure = {
    retry: { attemptsMax: 3, backoffMs: 50, backoffMsMax: 1_000, codes: ['CRM_DOWN'] }, idleTimeoutMs: 400,
    fallback: { kind: 'reply', payload: Buffer.from('{"usd":null}').toString('base64') }, chainLimits: { depthMax: 4, visitsMax: 1 }
  }
  const careful = (changes: object = {}) => ({ name: 'careful', capabilities: [{ ...capability('estimate'), ...onFailure, ...changes }], dependencies: [], chainLimits: { workflowHopsMax: 50 } })

  test('is kept and listed; the list leaves out the fixed answer itself', async () => {
    expect(await register(careful())).toMatchObject({ status: 201, body: { warnings: [] } })
    const fallback = { kind: 'reply', capability: null, contentType: 'application/json', code: null, message: null }
    const chainLimits = { depthMax: 4, visitsMax: 1, workflowHopsMax: null }
    const { body: one } = await ask(registry.port, '/agents/careful')
    expect(one).toMatchObject({ chainLimits: { depthMax: null, visitsMax: null, workflowHopsMax: 50 } })
    expect(one.capabilities[0]).toMatchObject({ ...onFailure, chainLimits, fallback: { ...fallback, payload: onFailure.fallback.payload } })
    const { body: all } = await ask(registry.port, '/agents')
    expect(all.agents.find(({ name }: { name: string }) => name === 'careful').capabilities)
      .toEqual([{ name: 'estimate', contractHash: one.capabilities[0].contractHash, ...onFailure, chainLimits, fallback }])
  })

  test('may change under the same version; the same again writes nothing', async () => {
    const end = () => stand.admin.fetchTopicOffsets(stand.names.registry)
    const before = await end()
    expect(await register(careful())).toMatchObject({ status: 200 })
    expect(await end()).toEqual(before)
    expect(await register(careful({ fallback: { kind: 'capability', capability: 'guess' } })))
      .toMatchObject({ status: 200, body: { warnings: ['Nobody offers the fallback guess yet.'] } })
    expect((await ask(registry.port, '/agents/careful')).body.capabilities[0].fallback).toMatchObject({ kind: 'capability', capability: 'guess', payload: null })
  })

  test('is refused where it contradicts itself, each problem with its field', async () => {
    expect(await register(careful({ fallback: { kind: 'capability', capability: 'estimate' } }))).toMatchObject({
      status: 409, body: { code: 'SELF_DEPENDENCY', problems: [{ field: 'capabilities.0.fallback.capability' }] }
    })
    const { status, body } = await register(careful({ retry: { attemptsMax: 11 }, fallback: { kind: 'error', code: 'no' } }))
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(body.problems.map(({ field }: { field: string }) => field)).toEqual(expect.arrayContaining(['capabilities.0.retry.attemptsMax', 'capabilities.0.fallback.code']))
  })
})

describe('discovery', () => {
  beforeAll(async () => {
    await register({ name: 'seller', domain: 'sales', regions: ['eu'], capabilities: [capability('value_home')] })
    await register({ name: 'buyer', domain: 'sales', capabilities: [capability('value_home'), capability('find_home')] })
  })
  const offering = async (query: string) => {
    const { body } = await ask(registry.port, `/capabilities?${query}`)
    return body.capabilities.map((found: { name: string, agents: { name: string }[] }) => [found.name, found.agents.map(agent => agent.name)])
  }

  test('by capability, with its contract', async () => {
    expect(await offering('capability=value_home')).toEqual([['value_home', ['buyer', 'seller']]])
    const { body } = await ask(registry.port, '/capabilities?capability=value_home')
    expect(body.capabilities[0]).toMatchObject({ inputSchema: { type: 'object', title: 'one' }, outputSchema: null })
  })
  test('by domain and region', async () => {
    expect(await offering('domain=sales&region=us')).toEqual([['find_home', ['buyer']], ['value_home', ['buyer']]])
    expect(await offering('domain=sales&region=eu')).toEqual([['find_home', ['buyer']], ['value_home', ['buyer', 'seller']]])
  })
  test('of all agents, without their schemas, and of one version with them', async () => {
    const { body } = await ask(registry.port, '/agents')
    expect(body.agents.find((agent: { name: string }) => agent.name === 'buyer').capabilities).toEqual(['value_home', 'find_home'].map(capability =>
      ({ name: capability, contractHash: expect.any(String), retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null })))
    expect(await ask(registry.port, '/agents/intent-decoder/versions/1.2.0')).toMatchObject({ status: 200, body: { version: '1.2.0', capabilities: [{ inputSchema: { type: 'object' }, outputSchema: { type: 'object' } }] } })
    expect(await ask(registry.port, '/agents/intent-decoder/versions/9.9.9')).toMatchObject({ status: 404 })
  })
})

test('its interface is described at /docs', async () => {
  expect((await ask(registry.port, '/docs/json')).body).toMatchObject({ paths: { '/agents': { post: expect.anything(), get: expect.anything() }, '/capabilities': expect.anything() } })
  expect(await ask(registry.port, '/docs/')).toMatchObject({ status: 200, type: expect.stringContaining('text/html') })
})

test('it is ready, and says how many agents it knows', async () => {
  expect(await ask(registry.healthPort, '/readyz')).toMatchObject({ status: 200 })
  expect((await ask(registry.healthPort, '/metrics')).body).toMatch(/mesh_registry_agents\{process="registry"\} \d/)
})
