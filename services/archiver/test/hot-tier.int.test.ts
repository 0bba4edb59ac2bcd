// The hot tier in Redis beside the archive: the same events, or an answer that says to ask the archive.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventOfRow, eventRowColumns, openHotReader, type HotAnswer, type HotReader } from '@mesh/hot-index'
import { type PrivateRedis, startPrivateRedis } from '@mesh/local-stack/private-redis'
import type { AuditEvent } from '@mesh/schemas'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

let stand: AuditStand
let redis: PrivateRedis
let reader: HotReader
let archiver: RunningArchiver
const sampled = 60
let written = 0

beforeAll(async () => {
  [stand, redis] = await Promise.all([AuditStand.open(2), startPrivateRedis()])
  reader = openHotReader({ redisUrl: redis.url, namespace: stand.namespace, archive: stand.schema })
  archiver = await stand.startArchiver({ redisUrl: redis.url })
})
afterAll(async () => {
  await reader.close()
  await stand.close()
  await redis.close()
})

async function cold (column: 'dispatch_id' | 'workflow_id', id: string): Promise<AuditEvent[]> {
  const { rows } = await stand.database.query(`SELECT ${eventRowColumns} FROM ${stand.schema}.events WHERE ${column} = $1 AND dispatch_id IS NOT NULL ORDER BY at, event_id COLLATE "C"`, [id])
  return rows.map(eventOfRow)
}

async function send (count: number): Promise<void> {
  await stand.sendRequests(written, written + count)
  written += count
}

const settled = <T>(ask: () => Promise<HotAnswer<T>>): Promise<HotAnswer<T>> => until(ask, ({ outcome }) => outcome === 'complete', 40_000)

/** Whatever the hot tier says is complete is what the archive has; and in the end it says so of everything. */
async function hotEqualsCold (): Promise<void> {
  await stand.archived()
  for (let i = 0; i < sampled; i++) {
    const at = Math.floor(i * (written - 1) / (sampled - 1))
    const [dispatch, workflow] = await Promise.all([settled(() => reader.eventsOfDispatch(`d${at}`)), settled(() => reader.eventsOfWorkflow(`w${at}`))])
    expect(dispatch).toMatchObject({ value: await cold('dispatch_id', `d${at}`) })
    expect(workflow).toMatchObject({ value: await cold('workflow_id', `w${at}`) })
    expect(await settled(() => reader.dispatchesOfWorkflow(`w${at}`))).toMatchObject({ value: [`d${at}`] })
  }
}

/** At every moment: what it calls complete has everything that was in the archive a lease before. */
async function neverLessThan (known: ReadonlyMap<string, number>): Promise<void> {
  for (const [id, events] of known) {
    const answer = await reader.eventsOfDispatch(id)
    if (answer.outcome === 'complete') expect(answer.value.length).toBeGreaterThanOrEqual(events)
  }
}

test('what is archived is hot, event by event the same, whatever a claim holds', async () => {
  await send(400)
  const odd = sampleEvent({
    eventId: 'odd', atMs: Date.now(), dispatchId: 'd-odd', workflowId: 'w-odd', source: 'nul\u0000', issuedAtMs: 9e15, usage: { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 },
    quota: { quotaId: 'role/bot', ratePerS: 0.5, burst: 1, delayMs: 7, backlogRecords: 1, isLocal: true, episode: null }, circuit: { state: 'open', episode: 'e', sinceMs: 5, isProbe: false }
  })
  await stand.send(1, [{ key: 'odd', value: stand.story(odd) }, { key: 'odd', value: stand.story(odd, { ...odd, eventId: 'odd2', decision: 'completed' }) }])
  await hotEqualsCold()
  expect(await settled(() => reader.eventsOfDispatch('d-odd'))).toMatchObject({ value: await cold('dispatch_id', 'd-odd') })
  await until(() => reader.eventsOfDispatch('nobody'), ({ outcome }) => outcome === 'absent')
})

test('an event that is two days late is where it belongs, hot and cold', async () => {
  const atMs = Date.now() - 2 * 24 * 60 * 60 * 1_000
  await stand.send(0, [{ key: 'late', value: stand.story(sampleEvent({ eventId: 'late', atMs, dispatchId: 'd-late', workflowId: 'w-late' })) }])
  await stand.archived()
  expect(await settled(() => reader.eventsOfDispatch('d-late'))).toMatchObject({ value: await cold('dispatch_id', 'd-late') })
})

test('after a FLUSHALL nothing is called complete until it is there again', async () => {
  const known = new Map(Array.from({ length: 20 }, (_, i) => [`d${i}`, 2]))
  await redis.client.flushall()
  await neverLessThan(known)
  await send(50)
  await hotEqualsCold()
})

test('while Redis is away archiving goes on; the gap is known and filled', async () => {
  await redis.kill()
  await send(100)
  await stand.archived(15_000)
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${archiver.healthPort}/readyz`)
    return [response.status, (await response.json() as { notes: { hotTier: string } }).notes.hotTier] as const
  }
  // Said, but no reason to restart the archiver.
  await until(readiness, ([, note]) => note !== 'ok')
  expect((await readiness())[0]).toBe(200)
  await send(20)
  await stand.archived(15_000)
  const { rows } = await stand.database.query(`SELECT count(*)::int AS marks FROM ${stand.schema}.hot_unwritten`)
  expect(rows[0].marks).toBeGreaterThan(0)
  expect((await reader.eventsOfDispatch('d0')).outcome).toBe('incomplete')
  await redis.start()
  await hotEqualsCold()
  const { rows: left } = await stand.database.query(`SELECT count(*)::int AS marks FROM ${stand.schema}.hot_unwritten WHERE chunk_offset < 0`)
  expect(left[0].marks).toBe(0)
})

test('a Redis that stands still holds nothing back', async () => {
  redis.hold()
  await send(100)
  await stand.archived(15_000)
  redis.goOn()
  await hotEqualsCold()
})

test('kills of the archiver leave no difference between hot and cold', async () => {
  await stand.drain(archiver)
  for (let kill = 0; kill < 2; kill++) {
    const child = stand.spawnArchiver({ REDIS_URL: redis.url })
    const before = written
    await send(100)
    await until(() => stand.eventIds(), ids => ids.length > 2 * before + 5)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  archiver = await stand.startArchiver({ redisUrl: redis.url })
  await hotEqualsCold()
})
