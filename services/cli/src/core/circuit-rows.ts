// Circuits as rows of a table: one for each version of an agent.
//
// Invariants:
//   C1. What stands out is what is cut off; a circuit that was never open is a row like any other.
import type { Circuit } from '@mesh/schemas'
import { duration } from './duration.ts'
import { clockTime, isoTime } from './iso-time.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface CircuitLine {
  readonly agent: string
  readonly version: string
  readonly state: Circuit['state']
  readonly since: string
  /** Why it opened: ERROR_RATE, HANDLER_P95 or FORCED; null where it never did. */
  readonly reason: string | null
  readonly forcedBy: string | null
  readonly calls: number
  readonly errors: number
  /** Errors by calls in the window; null without a call. */
  readonly errorShare: number | null
  readonly p95Ms: number | null
  readonly slaP95Ms: number
  readonly admitShare: number
  readonly trips: number
  readonly recoveries: number
  readonly callsBlocked: number
}

export const circuitHeadings = ['agent', 'version', 'state', 'since', 'reason', 'errors', 'p95 / promised', 'trips', 'recoveries', 'blocked']
const dayMs = 24 * 60 * 60 * 1_000

export function circuitLines (circuits: readonly Circuit[]): CircuitLine[] {
  return circuits.map((circuit): CircuitLine => {
    const { agent, version, state, sinceMs, reason, forcedBy, calls, errors, p95Ms, slaP95Ms, admitShare } = circuit
    const { trips, recoveries, callsBlocked } = circuit
    const measured = { calls, errors, errorShare: calls > 0 ? errors / calls : null, p95Ms, slaP95Ms }
    return { agent, version, state, since: isoTime(sinceMs), reason, forcedBy, ...measured, admitShare, trips, recoveries, callsBlocked }
  }).sort((a, b) => compareText(a.agent, b.agent) || compareText(a.version, b.version))
}

export function circuitRows (lines: readonly CircuitLine[], nowMs: number, paint: Paint): string[][] {
  return lines.map(line => [
    printable(line.agent),
    printable(line.version),
    paintState(line, paint),
    timeText(line.since, nowMs),
    reasonText(line),
    line.errorShare === null ? '' : `${(line.errorShare * 100).toFixed(1)} % of ${line.calls}`,
    `${line.p95Ms === null ? '–' : duration(line.p95Ms)} / ${duration(line.slaP95Ms)}`,
    String(line.trips),
    String(line.recoveries),
    String(line.callsBlocked)
  ])
}

export function circuitSummary (lines: readonly CircuitLine[]): string {
  const sum = (of: (line: CircuitLine) => number): number => lines.reduce((total, line) => total + of(line), 0)
  const notClosed = lines.filter(({ state }) => state !== 'closed').length
  const counts = `${sum(({ trips }) => trips)} trips, ${sum(({ recoveries }) => recoveries)} recoveries by itself, ${sum(({ callsBlocked }) => callsBlocked)} calls blocked`
  return `${notClosed} of ${lines.length} not closed. Over 30 days: ${counts}.`
}

function paintState ({ state, admitShare }: CircuitLine, paint: Paint): string {
  if (state === 'closed') return paint.good(state)
  return state === 'open' ? paint.bad(state) : paint.unsure(state === 'slow_start' ? `slow_start ${Math.round(admitShare * 100)} %` : state)
}

function reasonText ({ reason, forcedBy }: CircuitLine): string {
  if (forcedBy !== null) return `FORCED by ${printable(forcedBy)}`
  return reason === null ? '' : printable(reason)
}

// A day only where it isn't today's.
function timeText (iso: string, nowMs: number): string {
  if (iso === 'unknown') return iso
  return nowMs - Date.parse(iso) < dayMs ? clockTime(iso).slice(0, 8) : iso.slice(0, 16)
}

const compareText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
