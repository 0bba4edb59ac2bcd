import { quotaStoreContract } from '../test/contract.ts'
import { createMemoryQuotaStore } from './memory-quota-store.ts'

quotaStoreContract('the store in memory', async () => {
  let nowMs = 1_790_000_000_000
  return { store: createMemoryQuotaStore(() => nowMs), passMs: async ms => { nowMs += ms } }
})
