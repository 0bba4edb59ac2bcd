// Keys as rows of a table.
import { isoTime } from './iso-time.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface ListedKey {
  readonly keyId: string
  readonly agent: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly revokedAtMs: number | null
  readonly changedBy: string
}

export type KeyStanding = 'valid' | 'ending' | 'not yet' | 'expired' | 'revoked'

export interface KeyLine extends Omit<ListedKey, 'notBeforeMs' | 'notAfterMs' | 'revokedAtMs'> {
  readonly standing: KeyStanding
  readonly from: string
  readonly until: string
  readonly revoked: string | null
}

export const keyHeadings = ['agent', 'key', 'state', 'from', 'until', 'by']
/** One that ends so soon should be rotated. */
const endingMs = 14 * 24 * 60 * 60 * 1_000

export function standingOf ({ notBeforeMs, notAfterMs, revokedAtMs }: Pick<ListedKey, 'notBeforeMs' | 'notAfterMs' | 'revokedAtMs'>, nowMs: number): KeyStanding {
  if (revokedAtMs !== null) return 'revoked'
  if (nowMs >= notAfterMs) return 'expired'
  if (nowMs < notBeforeMs) return 'not yet'
  return notAfterMs - nowMs < endingMs ? 'ending' : 'valid'
}

export const keyLines = (keys: readonly ListedKey[], nowMs: number): KeyLine[] => keys.map(key => ({
  keyId: key.keyId, agent: key.agent, changedBy: key.changedBy, standing: standingOf(key, nowMs),
  from: isoTime(key.notBeforeMs), until: isoTime(key.notAfterMs), revoked: key.revokedAtMs === null ? null : isoTime(key.revokedAtMs)
}))

export const keyRows = (lines: readonly KeyLine[], paint: Paint): string[][] => lines.map(({ agent, keyId, standing, from, until, revoked, changedBy }) => [
  printable(agent), printable(keyId), paintStanding(standing, paint), minuteOf(from), revoked === null ? minuteOf(until) : `revoked ${minuteOf(revoked)}`, printable(changedBy)
])

function paintStanding (standing: KeyStanding, paint: Paint): string {
  if (standing === 'valid') return paint.good(standing)
  return standing === 'revoked' ? paint.bad(standing) : paint.unsure(standing)
}

const minuteOf = (iso: string): string => iso.slice(0, 16)
