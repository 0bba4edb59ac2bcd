// Whether the calls of a window say that a target should be cut off.
//
// Invariants:
//   J1. Below a least number of calls nothing is said: one failure of two trips nothing.
//   J2. A share must be over its bound by more than chance explains, so that a target just below the bound isn't cut off by an
//       unlucky handful of calls. The more calls, the closer to the bound.
//   J3. p95 is over a time when more than 5 % of the calls took longer, so it is the longer ones that are counted.
import type { CallTotals } from './call-window.ts'

export type TripReason = 'ERROR_RATE' | 'HANDLER_P95'

export const errorShareMax = 0.1
/** Of the promised time. */
export const slowFactor = 1.2
const slowShareMax = 0.05
/** The 95th percentile of fewer is their longest. */
const timedCallsMin = 20
/** Standard deviations by which a share must be over its bound. */
const errorDeviations = 2
const slowDeviations = 2.5

export function judge ({ calls, errors, times }: CallTotals, slaP95Ms: number, callsMin: number): TripReason | null {
  if (calls >= callsMin && isOver(errors, calls, errorShareMax, errorDeviations)) return 'ERROR_RATE'
  if (times.total >= Math.max(callsMin, timedCallsMin) && isOver(times.over(slowFactor * slaP95Ms), times.total, slowShareMax, slowDeviations)) return 'HANDLER_P95'
  return null
}

export const isSlow = (handlerMs: number | null, slaP95Ms: number): boolean => handlerMs !== null && handlerMs > slowFactor * slaP95Ms

const isOver = (count: number, calls: number, share: number, deviations: number): boolean =>
  count > share * calls + deviations * Math.sqrt(share * (1 - share) * calls)
