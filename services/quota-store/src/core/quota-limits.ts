// How much a source may send: its own quota, else its role's, else the built-in one of the role.
import type { Quota } from '@mesh/schemas'

export interface QuotaLimits {
  /** agent/<name> or role/<role>. */
  readonly quotaId: string
  readonly ratePerS: number
  /** Dispatches at once after a pause, 1 or more. */
  readonly burst: number
  /** Dispatches over the rate that may wait. */
  readonly outstandingMax: number
}

export const outstandingMaxDefault = 100_000
/** A role that nobody knows gets the least. */
const ratesPerS: Readonly<Record<string, number>> = { bot: 100, orchestrator: 200, analytics: 50, crm_sync: 10 }
const strictestRole = 'crm_sync'

const byDefault = (role: string): QuotaLimits => {
  const ratePerS = ratesPerS[role] ?? ratesPerS[strictestRole]!
  return { quotaId: `role/${role}`, ratePerS, burst: ratePerS, outstandingMax: outstandingMaxDefault }
}

export const defaultQuotas: readonly QuotaLimits[] = Object.keys(ratesPerS).map(byDefault)

/** @example quotaFor('lead-bot', 'bot', new Map()).ratePerS // 100 */
export function quotaFor (agent: string, role: string, quotas: ReadonlyMap<string, Quota>): QuotaLimits {
  return quotas.get(`agent/${agent}`) ?? quotas.get(`role/${role}`) ?? byDefault(role)
}
