// Quotas as rows of a table: what each source may dispatch, and what it uses of that.
//
// Invariants:
//   Q1. A source is shown if it has a quota of its own or has sent lately; every role's quota is said in the summary.
//   Q2. What Redis does not say is unknown, never zero.
import { isoTime, clockTime } from './iso-time.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface ListedQuota {
  readonly quotaId: string
  readonly ratePerS: number
  readonly burst: number
  readonly outstandingMax: number
  readonly from: string
  readonly changedBy: string | null
  readonly changedAtMs: number | null
}

export interface SourceUse {
  readonly source: string
  readonly usedRecords: number
  readonly backlogRecords: number
  readonly clearsInMs: number
  readonly hasEpisode: boolean
}

export type Usage = { readonly sources: readonly SourceUse[] } | { readonly problem: string }

export interface QuotaLine {
  readonly source: string
  /** Null where it is not known which applies: an agent that is not registered (any more). */
  readonly quotaId: string | null
  readonly ratePerS: number | null
  readonly burst: number | null
  readonly outstandingMax: number | null
  readonly usedRecords: number | null
  readonly backlogRecords: number | null
  /** When its backlog is gone; null without one, or where that is not known. */
  readonly clearsAt: string | null
  readonly isSlowedDown: boolean | null
}

export interface QuotaFacts {
  readonly quotas: readonly ListedQuota[]
  readonly agents: readonly { readonly name: string, readonly role: string }[]
  readonly usage: Usage
  readonly nowMs: number
}

export const quotaHeadings = ['source', 'quota', 'rate/s', 'burst', 'used', 'backlog', 'clears at']
const dayMs = 24 * 60 * 60 * 1_000

export function quotaLines ({ quotas, agents, usage, nowMs }: QuotaFacts): QuotaLine[] {
  const byId = new Map(quotas.map(quota => [quota.quotaId, quota]))
  const roles = new Map(agents.map(({ name, role }) => [name, role]))
  const uses = new Map('sources' in usage ? usage.sources.map(use => [use.source, use]) : [])
  const withOwn = quotas.filter(({ quotaId }) => quotaId.startsWith('agent/')).map(({ quotaId }) => quotaId.slice('agent/'.length))
  return [...new Set([...withOwn, ...uses.keys()])].sort().map((source): QuotaLine => {
    const quota = byId.get(`agent/${source}`) ?? byId.get(`role/${roles.get(source)}`)
    const { quotaId = null, ratePerS = null, burst = null, outstandingMax = null } = quota ?? {}
    const limits = { quotaId, ratePerS, burst, outstandingMax }
    if ('problem' in usage) return { source, ...limits, usedRecords: null, backlogRecords: null, clearsAt: null, isSlowedDown: null }
    const { usedRecords = 0, backlogRecords = 0, clearsInMs = 0, hasEpisode = false } = uses.get(source) ?? {}
    const clearsAt = backlogRecords > 0 || hasEpisode ? isoTime(Math.round(nowMs + clearsInMs)) : null
    return { source, ...limits, usedRecords, backlogRecords, clearsAt, isSlowedDown: hasEpisode }
  })
}

export function quotaRows (lines: readonly QuotaLine[], nowMs: number, paint: Paint): string[][] {
  return lines.map(({ source, quotaId, ratePerS, burst, usedRecords, backlogRecords, clearsAt, isSlowedDown }) => [
    printable(source),
    quotaId === null ? paint.unsure('unknown') : printable(quotaId),
    ratePerS === null ? '' : String(ratePerS),
    burst === null ? '' : String(burst),
    countText(usedRecords, paint),
    backlogRecords !== null && backlogRecords > 0 ? paint.unsure(String(backlogRecords)) : countText(backlogRecords, paint),
    isSlowedDown === null ? paint.faint('unknown') : clearsAt === null ? '' : timeText(clearsAt, nowMs)
  ])
}

/** The quotas of the roles, which hold for every agent without one of its own. */
export function roleSummary (quotas: readonly ListedQuota[]): string {
  const roles = quotas.filter(({ quotaId }) => quotaId.startsWith('role/')).map(({ quotaId, ratePerS, from, changedBy }) => {
    const setBy = from === 'record' ? ` (set by ${printable(changedBy)})` : ''
    return `${printable(quotaId.slice('role/'.length))} ${ratePerS}/s${setBy}`
  })
  return `By role: ${roles.join(', ')}.`
}

const countText = (count: number | null, paint: Paint): string => count === null ? paint.faint('unknown') : String(count)

// Seconds do; a day only where it isn't today's.
function timeText (iso: string, nowMs: number): string {
  return Date.parse(iso) - nowMs < dayMs ? clockTime(iso).slice(0, 8) : iso.slice(0, 16)
}
