import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll } from '@jest/globals'
import { startQuotaStore } from '@mesh/quota-store'
import { quotaStoreContract } from './contract.ts'
import { type PrivateRedis, startPrivateRedis } from '@mesh/local-stack/private-redis'
import { logger, randomNamespace, taskCount } from './redis-ground.ts'

let redis: PrivateRedis
beforeAll(async () => { redis = await startPrivateRedis() })
afterAll(() => redis.close())

quotaStoreContract('the store in Redis', async () => {
  const namespace = randomNamespace()
  await redis.client.set(`${namespace}:quota:epoch`, '0')
  const store = await startQuotaStore({ redisUrl: redis.url, namespace, taskCount, logger })
  // The times of Redis and of this process's timers differ by less than the millisecond.
  return { store, passMs: ms => pause(ms + 2) }
})
