// The hot tier's bounds: its own, and those of a Redis that it shares with the quotas.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openHotReader, openHotStore, type HotReader } from '@mesh/hot-index'
import { type PrivateRedis, startPrivateRedis } from '@mesh/local-stack/private-redis'
import { defaultQuotas, startQuotaStore } from '@mesh/quota-store'
import { createLogger } from '@mesh/runtime'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

const MiB = 1024 * 1024
const hourMs = 60 * 60 * 1_000
let stand: AuditStand
let redis: PrivateRedis
let reader: HotReader
let archiver: RunningArchiver

beforeAll(async () => {
  [stand, redis] = await Promise.all([AuditStand.open(1), startPrivateRedis()])
  reader = openHotReader({ redisUrl: redis.url, namespace: stand.namespace, archive: stand.schema })
})
afterAll(async () => {
  await reader.close()
  await stand.close()
  await redis.close()
})

/** So many dispatches an hour, the oldest first. */
async function sendHours (hours: number, perHour: number): Promise<void> {
  for (let ago = hours; ago > 0; ago--) {
    const events = Array.from({ length: perHour }, (_, i) => {
      const atMs = Date.now() - ago * hourMs + i
      return sampleEvent({ eventId: `e-${ago}-${i}`, atMs, dispatchId: `d-${ago}-${i}`, workflowId: `w-${ago}-${i}`, appendedAtMs: atMs, issuedAtMs: atMs })
    })
    await stand.send(0, events.map(event => ({ key: event.eventId, value: stand.story(event) })))
  }
  await stand.archived()
}

async function hotBytes (): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${archiver.healthPort}/metrics`)).text()
  return Number(/^mesh_archiver_hot_bytes\S* (\S+)$/m.exec(text)?.[1])
}

test('over its own bound the oldest hours make room: what is newer is complete, what is older is asked of the archive', async () => {
  archiver = await stand.startArchiver({ redisUrl: redis.url, hotBytesMax: 2 * MiB })
  await sendHours(12, 500)
  await until(() => reader.eventsOfDispatch('d-1-7'), ({ outcome }) => outcome === 'complete')
  await until(hotBytes, bytes => bytes > MiB && bytes <= 2 * MiB)
  // For a moment nobody may vouch for it, or Redis be slow: then a reader goes to the archive, and is right.
  expect((await reader.eventsOfDispatch('d-12-7')).outcome).not.toBe('complete')
  expect(await until(() => reader.eventsOfWorkflow('w-1-7'), ({ outcome }) => outcome === 'complete')).toMatchObject({ value: [{ eventId: 'e-1-7' }] })
  await stand.drain(archiver)
})

test('Redis\'s own bound: quotas go on being counted together, none of their keys is thrown out, and archiving goes on', async () => {
  await redis.client.flushall()
  const quotas = await startQuotaStore({ redisUrl: redis.url, namespace: stand.namespace, taskCount: 1, logger: createLogger({ name: 'test', level: 'silent' }) })
  const limits = defaultQuotas[0]!
  const reserve = (offset: number) => quotas.reserve(0, 1, [{ lane: 0, offset, source: 'bot', isUrgent: false, limits, delayMsMax: null }])
  await until(() => quotas.problem(), problem => problem === undefined)
  await reserve(0)
  const emptyBytes = Number(/^used_memory:(\d+)/m.exec(await redis.client.info('memory'))![1])
  await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await redis.client.config('SET', 'maxmemory', String(emptyBytes + 4 * MiB))
  // Without a bound of its own that would help.
  archiver = await stand.startArchiver({ redisUrl: redis.url, hotBytesMax: 1024 * MiB })
  await sendHours(20, 1_000)
  for (let offset = 1; offset < 50; offset++) {
    const [answer] = await reserve(offset)
    expect(answer).toMatchObject({ isLocal: false })
  }
  expect(quotas.problem()).toBeUndefined()
  expect(await redis.client.info('stats')).toMatch(/^evicted_keys:0\r?$/m)
  await redis.client.config('SET', 'maxmemory', '0')
  await quotas.close()
})

test('a Redis that throws keys out is not believed any more, and filled anew', async () => {
  await until(() => reader.eventsOfDispatch('d-20-7'), ({ outcome }) => outcome === 'complete')
  await redis.client.config('SET', 'maxmemory', '1mb')
  await until(async () => redis.client.info('stats'), text => !/^evicted_keys:0\r?$/m.test(text)).catch(async () => redis.client.set('more', 'x'))
  expect((await reader.eventsOfDispatch('d-20-7')).outcome).not.toBe('complete')
  await redis.client.config('SET', 'maxmemory', '0')
  await until(() => reader.eventsOfDispatch('d-20-7'), ({ outcome }) => outcome === 'complete')
})

test('what the tier says that it takes is what Redis says', async () => {
  await stand.drain(archiver)
  await redis.client.flushall()
  const store = openHotStore({ redisUrl: redis.url, namespace: stand.namespace, archive: 'bytes', hotMs: 30 * 24 * hourMs })
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.client.info('memory'))![1])
  await store.write([sampleEvent({ eventId: 'first', atMs: Date.now() })])
  const before = await used()
  const dispatches = 20_000
  for (let from = 0; from < dispatches; from += 1_000) {
    await store.write(Array.from({ length: 1_000 }, (_, i) => from + i).flatMap(i => {
      const id = `0f1e2d3c-4b5a-4978-8695-${String(i).padStart(12, '0')}`
      const delivered = sampleEvent({ eventId: `mesh.dispatch.p2/3/${i}`, atMs: Date.now(), dispatchId: id, workflowId: `conversation-${i >> 2}-${'x'.repeat(16)}` })
      return [delivered, { ...delivered, eventId: `${delivered.eventId}/answer`, decision: 'completed' as const, outcome: 'success' }]
    }))
  }
  const [grown, { bytes }] = [await used() - before, await store.state()]
  console.log(`${Math.round(grown / dispatches)} bytes a dispatch of two events in Redis, ${Math.round(bytes / dispatches)} by the tier's own count`)
  expect(bytes / grown).toBeGreaterThan(0.8)
  expect(bytes / grown).toBeLessThan(1.25)
  await store.close()
})
