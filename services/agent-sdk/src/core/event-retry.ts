// Whether an event whose handler failed is handled again in this instance, and when.
//
// Invariants:
//   V1. At most `attemptsMax` runs, all of them begun before the deadline.
//   V2. The wait doubles up to its bound, of which half to all is waited, so that what failed together doesn't come back together.
import type { ErrorDetail, RetryPolicy } from '@mesh/schemas'

/** Wait before the next run, milliseconds; undefined where it failed for good. `random` in [0, 1). */
export function waitBeforeAgain (
  policy: RetryPolicy | undefined, error: ErrorDetail, attempt: number, remainingMs: number, random: number
): number | undefined {
  if (policy === undefined || attempt >= policy.attemptsMax || !isTriedAgain(error, policy.codes)) return undefined
  const fullMs = Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** Math.min(30, attempt - 1))
  const waitMs = Math.ceil(fullMs * (0.5 + 0.5 * random))
  return waitMs < remainingMs ? waitMs : undefined
}

const isTriedAgain = ({ code, retriable }: ErrorDetail, codes: readonly string[]): boolean => codes.length > 0 ? codes.includes(code) : retriable
