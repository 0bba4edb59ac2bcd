// Redis is killed, held still, full, or was never there: questions are answered all the same, soon, and with a share.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type SlotAnswer, startQuotaStore } from '@mesh/quota-store'
import { delays, limits, requests } from './contract.ts'
import { type Ground, logger, openGround, sharedAgain, taskCount, until } from './redis-ground.ts'

let ground: Ground
beforeEach(async () => { ground = await openGround() })
afterEach(() => ground.close())

const isLocal = (answers: readonly SlotAnswer[]): boolean[] => answers.map(answer => answer.isLocal)
const timed = async <T>(work: Promise<T>): Promise<{ readonly value: T, readonly tookMs: number }> => {
  const startMs = performance.now()
  const value = await work
  return { value, tookMs: performance.now() - startMs }
}
/** A quarter of two a second, one at a time. */
const share = [0, 2_000, 4_000]

test('killed: a share for each task, without a wait; shared again by itself when it is back', async () => {
  const { store, redis } = ground
  await store.reserve(0, 1, requests(0, 1))
  await redis.kill()
  const { value, tookMs } = await timed(store.reserve(0, 1, requests(1, 3, { limits: { ...limits, outstandingMax: 100 } })))
  expect(isLocal(value)).toEqual([true, true, true])
  for (const [i, delayMs] of delays(value).entries()) expect(delayMs).toBeCloseTo(share[i]!, 6)
  expect(tookMs).toBeLessThan(150)
  await until('the loss is told', () => store.problem() !== undefined)
  expect(await store.episode('a', '1', limits)).toEqual({ isCleared: false, clearsInMs: 1_000 })
  expect(await store.usage()).toEqual([])
  await expect(store.reserve(0, 0, requests(4, 1))).rejects.toMatchObject({ code: 'FENCED' })

  await redis.start()
  await sharedAgain(store)
  expect(isLocal(await store.reserve(0, 1, requests(4, 1)))).toEqual([false])
})

test('asked again while it is away, a position has the same slot', async () => {
  const { store, redis } = ground
  await redis.kill()
  await until('the loss is told', () => store.problem() !== undefined)
  const [first, second] = delays(await store.reserve(0, 1, requests(0, 2))) as number[]
  const [firstAgain, secondAgain, third] = delays(await store.reserve(0, 1, requests(0, 3))) as number[]
  expect([first, firstAgain]).toEqual([0, 0])
  expect(secondAgain).toBeLessThanOrEqual(second!)
  expect(third! - secondAgain!).toBeCloseTo(2_000, 6)
})

test('held still: no question waits longer than its bound, and after the first ones none waits at all', async () => {
  const { store, redis } = ground
  await store.reserve(0, 1, requests(0, 1))
  redis.hold()
  try {
    const first = await Promise.all([0, 1, 2].map(task => timed(store.reserve(task, 1, requests(1, 1)))))
    for (const { value, tookMs } of first) {
      expect(isLocal(value)).toEqual([true])
      expect(tookMs).toBeLessThan(150)
    }
    const endMs = performance.now() + 2_500
    for (let n = 2; performance.now() < endMs; n++) {
      const { value, tookMs } = await timed(store.reserve(0, 1, requests(n, 1)))
      expect(isLocal(value)).toEqual([true])
      expect(tookMs).toBeLessThan(50)
      await pause(20)
    }
  } finally {
    redis.goOn()
  }
  await sharedAgain(store)
  expect(isLocal(await store.reserve(0, 1, requests(9_999, 1)))).toEqual([false])
})

test('out of memory: nothing half written, a share meanwhile, shared again when there is room', async () => {
  const { store, redis, key } = ground
  const [first] = await store.reserve(0, 1, requests(0, 1))
  expect(first).toMatchObject({ isLocal: false })
  const before = await redis.client.getBuffer(key('source:a'))
  await redis.client.config('SET', 'maxmemory-policy', 'noeviction')
  await redis.client.config('SET', 'maxmemory', '1mb')
  expect(isLocal(await store.reserve(0, 1, requests(1, 2)))).toEqual([true, true])
  expect(store.problem()).toMatch(/OOM/)
  const refusals = async () => Number(/errorstat_OOM:count=(\d+)/.exec(await redis.client.info('errorstats'))?.[1] ?? 0)
  const seen = await refusals()
  await until('another write was tried and refused', async () => await refusals() > seen)
  expect(store.problem()).toMatch(/OOM/)
  expect(await redis.client.getBuffer(key('source:a'))).toEqual(before)
  await redis.client.config('SET', 'maxmemory', '0')
  await sharedAgain(store)
  expect(isLocal(await store.reserve(0, 1, requests(3, 1)))).toEqual([false])
})

test('never there: the store starts all the same, and shares the count once Redis is', async () => {
  const { redis } = ground
  await redis.kill()
  const { value: store, tookMs } = await timed(startQuotaStore({ redisUrl: redis.url, namespace: 'late', taskCount, logger }))
  try {
    expect(tookMs).toBeLessThan(1_500)
    expect(isLocal(await store.reserve(0, 1, requests(0, 1)))).toEqual([true])
    await redis.start()
    await sharedAgain(store)
    expect(isLocal(await store.reserve(0, 1, requests(1, 1)))).toEqual([false])
  } finally {
    await store.close()
  }
})

test('a thousand questions while it is away keep nothing waiting in the client', async () => {
  const { store, redis } = ground
  await redis.kill()
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => store.reserve(n % taskCount, 1, requests(n, 1))))
  expect(answers.flat().every(answer => answer.isLocal)).toBe(true)
  const { tookMs } = await timed(store.close())
  expect(tookMs).toBeLessThan(1_500)
})
