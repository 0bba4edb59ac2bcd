// Whether and when a failed attempt is followed by another.
//
// Invariants:
//   Y1. At most `attemptsMax` deliveries of one request, all of them before its deadline.
//   Y2. Attempts again are at most a tenth of what a target is asked, beyond a few in hand (retry-budget.ts): an outage is
//       never multiplied.
//   Y3. The wait is the same whoever computes it: it is spread by the dispatch's id, not by chance.
import type { AuditEvent, RetryPolicy } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'

/** Attempts again that a target has left. */
export interface Budgets {
  retriesLeft (target: string): number
}

export interface Failure {
  readonly code: string
  readonly retriable: boolean
}

export type NextAttempt = { readonly dueAtMs: number } | { readonly stop: 'final' | 'budget' }

export function nextAttempt (
  { dispatchId, target, attempt }: Pick<AuditEvent, 'dispatchId' | 'target' | 'attempt'>, deadlineAtMs: number, policy: RetryPolicy | null | undefined,
  failure: Failure, budgets: Budgets, nowMs: number
): NextAttempt {
  if (policy === null || policy === undefined || attempt >= policy.attemptsMax || !isTriedAgain(failure, policy)) return { stop: 'final' }
  const dueAtMs = nowMs + backoffMs(policy, dispatchId!, attempt)
  if (dueAtMs >= deadlineAtMs) return { stop: 'final' }
  return budgets.retriesLeft(target!) >= 1 ? { dueAtMs } : { stop: 'budget' }
}

function isTriedAgain ({ code, retriable }: Failure, { codes }: RetryPolicy): boolean {
  return codes.length > 0 ? codes.includes(code) : retriable
}

const spreads = 1_000

/** Doubled for each attempt up to the bound, of which half to all is waited. */
export function backoffMs ({ backoffMs: firstMs, backoffMsMax }: RetryPolicy, dispatchId: string, attempt: number): number {
  const fullMs = Math.min(backoffMsMax, firstMs * 2 ** (attempt - 1))
  return Math.ceil(fullMs * (0.5 + 0.5 * partitionFor(`${dispatchId}/${attempt}`, spreads) / spreads))
}
