// `mesh quotas`, `mesh pressure` and `mesh agents pause` against a registry, Redis and Kafka.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startQuotaStore, type QuotaStore } from '@mesh/quota-store'
import { createLogger } from '@mesh/runtime'
import { userInfo } from 'node:os'
import { runMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts'

const { REDIS_URL = '' } = process.env
let mesh: PrivateMesh
let registry: RegistryProcess
let store: QuotaStore
let environment: Record<string, string>

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  registry = await startRegistryProcess(mesh.environment)
  environment = { ...mesh.environment, MESH_REGISTRY_URL: registry.url, REDIS_URL }
  const body = { version: '1.0.0', domain: 'sales', ownerTeam: 'crm', capabilities: [], maxConcurrent: 1, slaP95Ms: 100, inboxPartitions: 1, answersPartitions: 1 }
  for (const [name, role] of [['crm-sync', 'crm_sync'], ['lead-bot', 'bot']]) {
    const answer = await fetch(`${registry.url}/agents`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, name, role }) })
    expect(answer.status).toBe(201)
  }
  store = await startQuotaStore({ redisUrl: REDIS_URL, namespace: mesh.names.namespace, taskCount: 1, logger: createLogger({ name: 'test', level: 'silent' }) })
})

afterAll(async () => {
  await store.close()
  await registry.stop()
  await mesh.close()
})

const run = (...args: readonly string[]) => runMesh(args, environment)
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).out)

describe('a quota', () => {
  test('that is set by hand is said, holds, and is known with who set it', async () => {
    const { code, out, err } = await run('quotas', 'set', 'agent/crm-sync', '--rate', '20', '--burst', '5', '--why', 'campaign of May')
    expect([code, out, err]).toEqual([0, 'agent/crm-sync: its role\'s quota → 20/s, burst 5, at most 100000 waiting\n', ''])
    expect((await run('quotas', 'set', 'agent/crm-sync', '--rate', '20', '--burst', '5')).out).toBe('agent/crm-sync: 20/s, burst 5, at most 100000 waiting, as before; nothing was changed.\n')
    expect(await json('quotas', 'set', 'role/bot', '--rate', '150', '--waiting-max', '9', '--who', 'ada'))
      .toMatchObject({ entity: 'quota/role/bot', isChanged: true, before: { ratePerS: 100 }, after: { ratePerS: 150, burst: 150, outstandingMax: 9 }, changeId: expect.any(String) })
    const { quotas } = await (await fetch(`${registry.url}/quotas`)).json() as { quotas: { quotaId: string, changedBy: string | null }[] }
    expect(quotas.filter(({ changedBy }) => changedBy !== null).map(({ quotaId, changedBy }) => [quotaId, changedBy]))
      .toEqual([['role/bot', 'ada'], ['agent/crm-sync', userInfo().username]])
  })

  test('that can\'t be is refused before or by the registry, with what is wrong', async () => {
    for (const rate of ['0', '-1', 'NaN', 'Infinity', 'much']) {
      expect(await run('quotas', 'set', 'agent/crm-sync', '--rate', rate)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('It must be a number above 0.') })
    }
    expect(await run('quotas', 'set', 'agent/crm-sync', '--rate', '1e9'))
      .toMatchObject({ code: 1, out: '', err: expect.stringContaining('must be a number of dispatches per second from 0.001 to 1,000,000') })
    const king = await run('quotas', 'set', 'role/king', '--rate', '1', '--json')
    expect(JSON.parse(king.err)).toMatchObject({ error: { code: 'INVALID_REQUEST', next: 'Correct what is named; nothing was changed.' } })
    expect(await run('quotas', 'unset', 'role/bot')).toMatchObject({ code: 1, err: expect.stringContaining('It must be agent/NAME') })
  })

  test('of an agent that nobody registered is taken with a warning, and can be taken away', async () => {
    expect(await run('quotas', 'set', 'agent/nobody', '--rate', '1')).toMatchObject({ code: 0, err: 'No agent nobody is registered yet.\n' })
    expect((await run('quotas', 'unset', 'agent/nobody')).out).toBe('agent/nobody: 1/s, burst 1, at most 100000 waiting → its role\'s quota\n')
  })
})

describe('the list of quotas', () => {
  test('says what is used, what waits and until when, as Redis counts it', async () => {
    const limits = { quotaId: 'agent/crm-sync', ratePerS: 20, burst: 5, outstandingMax: 100_000 }
    const reservations = Array.from({ length: 2_000 }, (_, offset) => ({ lane: 2, offset, source: 'crm-sync', isUrgent: false, limits, delayMsMax: null }))
    await store.reserve(0, 1, reservations)
    const before = Date.now()
    const { sources, roles, usageProblem } = await json('quotas')
    expect(usageProblem).toBeNull()
    expect(sources).toEqual([expect.objectContaining({ source: 'crm-sync', quotaId: 'agent/crm-sync', ratePerS: 20, burst: 5, usedRecords: 5, isSlowedDown: true })])
    expect(sources[0].backlogRecords).toBeGreaterThan(1_500)
    // 2,000 at 20 a second are 100 s.
    expect(Date.parse(sources[0].clearsAt) - before).toBeGreaterThan(60_000)
    expect(roles.map(({ quotaId, from }: { quotaId: string, from: string }) => [quotaId, from])).toEqual([
      ['role/bot', 'record'], ['role/orchestrator', 'built-in'], ['role/analytics', 'built-in'], ['role/crm_sync', 'built-in']
    ])
    const { out } = await run('quotas')
    expect(out).toMatch(/^source +quota +rate\/s +burst +used +backlog +clears at\ncrm-sync +agent\/crm-sync +20 +5 +5 +1\d{3} +\d\d:\d\d:\d\d\n/)
    expect(out).toContain('By role: bot 150/s (set by ada), orchestrator 200/s, analytics 50/s, crm_sync 10/s.')
    expect(out).not.toContain('\u001b')
  })

  test('shows what is set when Redis is away, and that the rest is unknown', async () => {
    const { code, out, err } = await runMesh(['quotas'], { ...environment, REDIS_URL: 'redis://127.0.0.1:1' })
    expect([code, err]).toEqual([0, expect.stringContaining('What is used is unknown')])
    expect(out).toMatch(/crm-sync +agent\/crm-sync +20 +5 +unknown +unknown +unknown\n/)
    const unset = await runMesh(['quotas', '--json'], { ...environment, REDIS_URL: '' })
    expect(JSON.parse(unset.out)).toMatchObject({ sources: [{ usedRecords: null, backlogRecords: null, clearsAt: null }], usageProblem: 'REDIS_URL is not set' })
  })
})

describe('an agent', () => {
  test.each([['pause', 'active', 'paused'], ['drain', 'paused', 'draining'], ['resume', 'draining', 'active']])('is told to %s, and the list shows it', async (command, before, after) => {
    expect((await run('agents', command, 'crm-sync', '--why', 'a test')).out).toBe(`crm-sync: ${before} → ${after}\n`)
    expect(await json('agents')).toContainEqual(expect.objectContaining({ name: 'crm-sync', status: after }))
    expect((await run('agents')).out).toMatch(new RegExp(`crm-sync .* ${after} +unknown\\n`))
  })

  test('that isn\'t there can\'t be paused, and none without a reason', async () => {
    const nobody = await run('agents', 'pause', 'nobody', '--why', 'a test', '--json')
    expect([nobody.code, JSON.parse(nobody.err)]).toEqual([1, { error: expect.objectContaining({ code: 'NOT_FOUND', message: 'No agent nobody is registered.' }) }])
    expect(await run('agents', 'pause', 'crm-sync')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--why') })
  })
})

describe('pressure', () => {
  const idle = { waitingRecords: 0, oldestAgeMs: 0, drainPerS: 50, expectedWaitMs: 0, isPressed: false }
  const say = async (key: string, agent: string, classes: readonly (typeof idle)[]) => {
    const value = mesh.codec.encode('Pressure', { agent, atMs: Date.now(), classes, health: 'healthy', instances: 1 })
    await mesh.producer.send({ topic: mesh.names.pressure, messages: [{ key, value, partition: 0 }] })
  }

  test('is not known before the governor spoke, which is said', async () => {
    expect(await run('pressure')).toMatchObject({ code: 0, out: '', err: 'The governor has said nothing yet: does it run?\n' })
    expect(await json('pressure')).toEqual({ classes: [], isSilent: true, newestAt: null })
  })

  test('is what the governor said last of each agent and class', async () => {
    const pressed = { waitingRecords: 120, oldestAgeMs: 1_500, drainPerS: 40, expectedWaitMs: 3_000, isPressed: true }
    await say('crm-sync', 'crm-sync', [idle, idle, idle, idle])
    await say('crm-sync', 'crm-sync', [idle, idle, pressed, idle])
    await say('gone', 'gone', [idle, idle, idle, idle])
    await mesh.producer.send({ topic: mesh.names.pressure, messages: [{ key: 'gone', value: null, partition: 0 }, { key: 'junk', value: 'junk', partition: 0 }] })
    await say('heartbeat', '', [])
    const { code, out, err } = await run('pressure')
    expect([code, err]).toEqual([0, 'Records of the governor that can\'t be read: 1.\n'])
    expect(out).toMatch(/^agent +class +waiting +oldest +drain\/s +expected wait +pressed\ncrm-sync +P0 +0 +50\.0 +0 ms\n/)
    expect(out).toMatch(/\ncrm-sync +P2 +120 +1\.5 s +40\.0 +3\.0 s +pressed\n/)
    expect(out).not.toContain('gone')
    const { classes, isSilent } = await json('pressure')
    expect([isSilent, classes.length, classes[2]]).toEqual([false, 4, { agent: 'crm-sync', priority: 2, ...pressed }])
  })
})
