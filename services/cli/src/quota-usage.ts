// What is used of the quotas: asked of Redis, where coordinators count it together.
//
// Invariants:
//   U1. Reads only. A Redis that is away is an answer, not a failure: the quotas themselves are known without it.
import { startQuotaStore } from '@mesh/quota-store'
import type { Usage } from './core/quota-rows.ts'
import { quietLogger } from './quiet-logger.ts'

export async function readUsage (redisUrl: string | undefined, namespace: string): Promise<Usage> {
  if (redisUrl === undefined) return { problem: 'REDIS_URL is not set' }
  // The share of a task is of no interest here: nothing is reserved.
  const store = await startQuotaStore({ redisUrl, namespace, taskCount: 1, logger: quietLogger() })
  try {
    const sources = await store.usage()
    const problem = store.problem()
    return problem === undefined ? { sources } : { problem }
  } finally {
    await store.close()
  }
}
