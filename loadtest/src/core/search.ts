// The highest rate that holds, found in few runs: up by halves while it holds, then between what held and what did not.
//
// Invariants:
//   H1. What is answered has held for as long as was asked, in its own run; nothing is extrapolated.
//   H2. At most `runsMax` runs.

export interface SearchState {
  /** The highest that held, and the lowest that did not. */
  readonly heldPerS: number | undefined
  readonly failedPerS: number | undefined
  readonly runs: number
}

const growth = 1.5
const shrink = 0.6
const precision = 0.07
export const runsMax = 12

export const searchBegins: SearchState = { heldPerS: undefined, failedPerS: undefined, runs: 0 }

/** The next rate to try; undefined when the answer is known well enough. */
export function nextRate (state: SearchState, firstPerS: number): number | undefined {
  const { heldPerS, failedPerS, runs } = state
  if (runs >= runsMax) return undefined
  if (heldPerS === undefined) return failedPerS === undefined ? firstPerS : failedPerS * shrink
  if (failedPerS === undefined) return heldPerS * growth
  return failedPerS / heldPerS - 1 <= precision ? undefined : Math.sqrt(heldPerS * failedPerS)
}

export function afterRun ({ heldPerS, failedPerS, runs }: SearchState, perS: number, held: boolean): SearchState {
  if (held) return { heldPerS: Math.max(heldPerS ?? 0, perS), failedPerS, runs: runs + 1 }
  return { heldPerS, failedPerS: Math.min(failedPerS ?? Infinity, perS), runs: runs + 1 }
}
