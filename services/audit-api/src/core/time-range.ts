// How much time one query may ask for.
//
// R1. A range is half open: an event at `from` is in it, one at `to` is not. So ranges that follow each other share no event.
// R2. What is left out is bounded: `to` is now, `from` is a day before it.

import type { ApiCode, Problem } from './codes.ts'

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

export interface RangeProblem extends Problem { readonly code: ApiCode }

const dayMs = 86_400_000

export interface AskedRange {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

export function timeRange (asked: AskedRange, nowMs: number, rangeDaysMax: number): TimeRange | RangeProblem {
  // The next millisecond: what happened just now is in the range.
  const toMs = asked.toMs ?? nowMs + 1
  const fromMs = asked.fromMs ?? toMs - dayMs
  if (fromMs >= toMs) {
    const message = asked.toMs === undefined ? 'must not be in the future where `to` is left out' : 'must be before `to`'
    return { code: 'INVALID_REQUEST', field: 'from', message }
  }
  if (toMs - fromMs > rangeDaysMax * dayMs) return { code: 'RANGE_TOO_LARGE', field: 'from', message: `must be at most ${rangeDaysMax} days before \`to\`` }
  return { fromMs, toMs }
}
