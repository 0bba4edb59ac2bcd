// Redis keeps its connection or comes back, and has lost some or all of what was counted.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { atOnce, delays, limits, requests } from './contract.ts'
import { type Ground, openGround, sharedAgain, until } from './redis-ground.ts'

const burst10 = { ...limits, burst: 10, outstandingMax: 100 }

let ground: Ground
beforeEach(async () => { ground = await openGround() })
afterEach(() => ground.close())

test('scripts forgotten: they are sent again, and the answer is shared', async () => {
  await ground.redis.client.script('FLUSH')
  const answers = await ground.store.reserve(0, 1, requests(0, 6))
  expect(delays(answers).slice(0, 5)).toEqual([0, 0, 0, 0, 500])
  expect(answers.every(({ isLocal }) => !isLocal)).toBe(true)
})

test('restarted empty: no source begins with a fresh burst, and each one fills at its rate', async () => {
  const { store, redis } = ground
  expect(atOnce(await store.reserve(0, 1, requests(0, 12, { limits: burst10 })))).toBe(10)
  await redis.kill()
  await until('the loss is seen', () => store.problem() !== undefined)
  await redis.start()
  await sharedAgain(store)
  const answers = await store.reserve(0, 1, requests(12, 12, { limits: burst10 }))
  expect(answers.every(({ isLocal }) => !isLocal)).toBe(true)
  // One, and what the bucket has got since counting began anew: two a second.
  const begunAtMs = Number(await redis.client.get(ground.key('epoch'))) / 1000
  expect(atOnce(answers)).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - begunAtMs) / 500))
  expect(atOnce(answers)).toBeLessThan(10)
})

test('restarted empty: what a task knows to wait still comes before what it asks for next', async () => {
  const { store, redis } = ground
  await redis.client.flushall()
  const round = [...requests(0, 1, { behindMs: 30_000, limits: burst10 }), ...requests(1, 1, { limits: burst10 })]
  const [first, second] = delays(await store.reserve(0, 1, round))
  expect(first).toBeCloseTo(30_500, 0)
  expect(second).toBeCloseTo(31_000, 0)
})

test('the epoch evicted: counting begins anew, without a burst for sources that nothing is known of', async () => {
  const { store, redis, key } = ground
  await store.reserve(0, 1, requests(0, 2))
  await redis.client.del(key('epoch'))
  const answers = await store.reserve(0, 1, [...requests(2, 3), ...requests(5, 5, { source: 'b' })])
  expect(atOnce(answers.slice(0, 3))).toBe(2)
  expect(atOnce(answers.slice(3))).toBe(1)
})

test('a source evicted: it has one burst more at most', async () => {
  const { store, redis, key } = ground
  expect(atOnce(await store.reserve(0, 1, requests(0, 8)))).toBe(4)
  await redis.client.del(key('source:a'))
  expect(atOnce(await store.reserve(0, 1, requests(8, 8)))).toBe(4)
  expect(atOnce(await store.reserve(0, 1, requests(16, 1)))).toBe(0)
})

test('a task\'s answers evicted: its positions are spent once more and no more than that', async () => {
  const { store, redis, key } = ground
  await store.reserve(0, 1, requests(0, 2))
  await redis.client.del(key('task:0'))
  expect(atOnce(await store.reserve(0, 1, requests(0, 3)))).toBe(2)
})

test('everything that is written goes away when nobody says anything any more', async () => {
  const { store, redis, namespace } = ground
  await store.reserve(0, 1, requests(0, 8))
  await redis.client.pexpire(ground.key('epoch'), 1)
  await store.reserve(0, 1, requests(8, 1))
  const keys = await redis.client.keys(`${namespace}:*`)
  expect(keys.sort()).toEqual(['epoch', 'source', 'source:a', 'task:0'].map(ground.key))
  const leftMs = await Promise.all(keys.map(name => redis.client.pttl(name)))
  for (const ms of leftMs) expect(ms).toBeGreaterThan(60_000)
  for (const ms of leftMs) expect(ms).toBeLessThanOrEqual(7 * 24 * 3_600_000)
})
