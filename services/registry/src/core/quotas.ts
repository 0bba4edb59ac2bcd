// How much each source may dispatch: what is in force, and whether a change is taken.
//
// Q1. An agent's own record goes before its role's record, and that before what is built in; without its record an agent has
//     its role's again.
// Q2. What a request leaves out has one meaning: the burst is one second's worth, at least 1, and the bound on what waits is
//     that of the built-in quotas. It never depends on what was set before.
// Q3. An agent that is not registered (yet) may have a quota: a warning, no refusal.

import type { Quota } from '@mesh/schemas'
import { bounds, type Role } from './field-rules.ts'
import { decided, refused, type ChangeDecision } from './control-change.ts'
import type { RegistryState } from './state.ts'

export interface QuotaLimits {
  readonly ratePerS: number
  readonly burst: number
  readonly outstandingMax: number
}

export type AskedQuota = Pick<QuotaLimits, 'ratePerS'> & { readonly burst: number | null, readonly outstandingMax: number | null }
export type QuotaOwner = { readonly kind: 'role', readonly name: Role } | { readonly kind: 'agent', readonly name: string }

/** What holds where nobody set anything. */
export interface QuotaDefaults {
  /** By quota id, one for every role. */
  readonly roles: ReadonlyMap<string, QuotaLimits>
  readonly outstandingMax: number
}

export interface QuotaState {
  /** The records of mesh.quotas, by quota id. */
  readonly records: ReadonlyMap<string, Quota>
  readonly agents: RegistryState
  readonly defaults: QuotaDefaults
}

export interface ListedQuota extends QuotaLimits {
  readonly quotaId: string
  readonly from: 'built-in' | 'record'
  readonly changedBy: string | null
  readonly changedAtMs: number | null
}

export const quotaIdOf = ({ kind, name }: QuotaOwner): string => `${kind}/${name}`

/** Every role, then all that have a record of their own, by id. */
export function listQuotas ({ records, defaults }: Pick<QuotaState, 'records' | 'defaults'>): ListedQuota[] {
  const ofRoles = [...defaults.roles].map(([quotaId, limits]): ListedQuota => {
    const record = records.get(quotaId)
    return record === undefined ? { ...limits, quotaId, from: 'built-in', changedBy: null, changedAtMs: null } : { ...record, from: 'record' }
  })
  const others = [...records.values()].filter(({ quotaId }) => !defaults.roles.has(quotaId)).sort((a, b) => a.quotaId < b.quotaId ? -1 : 1)
  return [...ofRoles, ...others.map((record): ListedQuota => ({ ...record, from: 'record' }))]
}

export function decideQuota (owner: QuotaOwner, asked: AskedQuota, { records, agents, defaults }: QuotaState): ChangeDecision<QuotaLimits> {
  const quotaId = quotaIdOf(owner)
  if (!records.has(quotaId) && records.size >= bounds.quotasMax) return refused('REGISTRY_FULL', `The registry holds ${bounds.quotasMax} quotas, which is its bound.`)
  const { ratePerS } = asked
  const after = { ratePerS, burst: asked.burst ?? Math.max(1, Math.floor(ratePerS)), outstandingMax: asked.outstandingMax ?? defaults.outstandingMax }
  return decided(`quota/${quotaId}`, ownLimits(quotaId, records, defaults), after, warningsFor(owner, agents))
}

export function decideNoQuota (owner: QuotaOwner, { records, agents, defaults }: QuotaState): ChangeDecision<QuotaLimits> {
  const quotaId = quotaIdOf(owner)
  return decided(`quota/${quotaId}`, ownLimits(quotaId, records, defaults), null, warningsFor(owner, agents))
}

function ownLimits (quotaId: string, records: ReadonlyMap<string, Quota>, defaults: QuotaDefaults): QuotaLimits | null {
  const limits = records.get(quotaId) ?? defaults.roles.get(quotaId)
  return limits === undefined ? null : { ratePerS: limits.ratePerS, burst: limits.burst, outstandingMax: limits.outstandingMax }
}

function warningsFor ({ kind, name }: QuotaOwner, agents: RegistryState): string[] {
  return kind === 'role' || agents.currentByName.has(name) ? [] : [`No agent ${name} is registered yet.`]
}
