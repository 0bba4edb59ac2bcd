// A store on a private Redis, and what its tests ask of both.
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createLogger } from '@mesh/runtime'
import { type QuotaStore, startQuotaStore } from '@mesh/quota-store'
import { type PrivateRedis, startPrivateRedis } from '@mesh/local-stack/private-redis'

export const taskCount = 4
export const logger = createLogger({ name: 'quota-test', level: 'silent' })
export const randomNamespace = (): string => `quotas-${randomBytes(4).toString('hex')}`

export interface Ground {
  readonly redis: PrivateRedis
  readonly namespace: string
  readonly store: QuotaStore
  readonly key: (name: string) => string
  /** As if counting had begun an hour ago: bursts are full. */
  readonly ageEpoch: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openGround (): Promise<Ground> {
  const redis = await startPrivateRedis()
  const namespace = randomNamespace()
  const store = await startQuotaStore({ redisUrl: redis.url, namespace, taskCount, logger })
  const key = (name: string) => `${namespace}:quota:${name}`
  const ground: Ground = {
    redis, namespace, store, key,
    ageEpoch: async () => { await redis.client.set(key('epoch'), String((Date.now() - 3_600_000) * 1000)) },
    async close () {
      await store.close()
      await redis.close()
    }
  }
  await ground.ageEpoch()
  return ground
}

export async function until (what: string, isSo: () => boolean | Promise<boolean>, boundMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + boundMs
  while (!await isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`still not after ${boundMs} ms: ${what}`)
    await pause(10)
  }
}

export const sharedAgain = (store: QuotaStore): Promise<void> => until('shared counting', () => store.problem() === undefined)
