// What a quota allows and what it answers, without the counting: for rules, which do no I/O, and for processes that count nothing.
export { defaultQuotas, outstandingMaxDefault, quotaFor, type QuotaLimits } from './core/quota-limits.ts'
export type { EpisodeAnswer, QuotaUsage, RefusalReason, SlotAnswer, SlotRequest } from './core/slots.ts'
