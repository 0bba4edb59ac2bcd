export * from './limits.ts'
export { createMemoryQuotaStore } from './memory-quota-store.ts'
export type { QuotaErrorCode, QuotaStore } from './quota-store.ts'
export { type QuotaStoreOptions, startQuotaStore } from './redis-quota-store.ts'
