// A stretch of time as an auditor names it, and its days.
//
// T1. Half open: the beginning counts, the end doesn't.
// T2. A time of day without a zone is refused: the same words would mean another range on another machine.
import { durationMs } from './since.ts'

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

export interface DayRange extends TimeRange {
  /** YYYY-MM-DD, UTC. */
  readonly day: string
}

const dayMs = 86_400_000
const withZone = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** How long ago, a day (its beginning in UTC), or an ISO time with its zone; undefined for anything else. */
export function zonedInstantMs (text: string, nowMs: number): number | undefined {
  const agoMs = durationMs(text)
  if (agoMs !== undefined) return nowMs - agoMs
  const atMs = withZone.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

/** What is wrong with a range, or undefined. */
export function rangeProblem ({ fromMs, toMs }: TimeRange, daysMax: number): string | undefined {
  if (fromMs >= toMs) return '--from must be before --to.'
  return toMs - fromMs > daysMax * dayMs ? `The range is longer than ${daysMax} days; ask for less at once.` : undefined
}

export function daysOf ({ fromMs, toMs }: TimeRange): DayRange[] {
  const days: DayRange[] = []
  for (let atMs = fromMs; atMs < toMs;) {
    const day = new Date(atMs).toISOString().slice(0, 10)
    const endMs = Math.min(toMs, Date.parse(`${day}T00:00:00Z`) + dayMs)
    days.push({ day, fromMs: atMs, toMs: endMs })
    atMs = endMs
  }
  return days
}

export function wholeDay (day: string): DayRange {
  const fromMs = Date.parse(`${day}T00:00:00Z`)
  return { day, fromMs, toMs: fromMs + dayMs }
}
