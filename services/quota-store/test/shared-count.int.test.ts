// Several coordinators count one source together.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type QuotaStore, startQuotaStore } from '@mesh/quota-store'
import { atOnce, delays, episodes, limits, requests } from './contract.ts'
import { type Ground, logger, openGround, taskCount } from './redis-ground.ts'

let ground: Ground
let other: QuotaStore
beforeEach(async () => {
  ground = await openGround()
  other = await startQuotaStore({ redisUrl: ground.redis.url, namespace: ground.namespace, taskCount, logger })
})
afterEach(async () => {
  await other.close()
  await ground.close()
})

test('asked at the same time by two, a source has one burst, slots that are all different, and one episode', async () => {
  const slow = { ...limits, ratePerS: 0.1, burst: 6, outstandingMax: 1_000 }
  const rounds = await Promise.all(Array.from({ length: 20 }, (_, n) => {
    const store = n % 2 === 0 ? ground.store : other
    return store.reserve(n % taskCount, 1, requests(100 * n, 5, { lane: n, limits: slow }))
  }))
  const answers = rounds.flat()
  expect(atOnce(answers)).toBe(6)
  // Rounds are milliseconds apart, slots ten seconds.
  const slots = delays(answers).map(delayMs => Math.round(delayMs as number / 10_000)).sort((a, b) => a - b)
  expect(slots.slice(5)).toEqual(Array.from({ length: 95 }, (_, i) => i))
  expect(episodes(answers).length).toBe(1)
})

test('a task that moved: its next owner has the same answers, its former one spends nothing more', async () => {
  const first = await ground.store.reserve(0, 1, requests(0, 6))
  const again = await other.reserve(0, 2, requests(0, 6))
  expect(episodes(again)).toEqual(episodes(first))
  await expect(ground.store.reserve(0, 1, requests(0, 6))).rejects.toMatchObject({ code: 'FENCED' })
  const [usage] = await other.usage()
  expect(usage).toMatchObject({ usedRecords: 4, backlogRecords: 2 })
})

test('another namespace on the same Redis counts apart', async () => {
  const apart = await startQuotaStore({ redisUrl: ground.redis.url, namespace: `${ground.namespace}-2`, taskCount, logger })
  try {
    await ground.store.reserve(0, 5, requests(0, 8))
    expect(delays(await apart.reserve(0, 1, requests(0, 1)))).toEqual([0])
    expect(await apart.usage()).toMatchObject([{ source: 'a', backlogRecords: 0, hasEpisode: false }])
  } finally {
    await apart.close()
  }
})
