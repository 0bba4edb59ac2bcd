// Which class a dispatch may have: P0 is granted, not claimed.
//
// Invariants:
//   P1. A dispatch has at most the class of the dispatch that caused it, where that is known.
//   P2. P0 without a known cause needs the grant of its source's registration for the capability.
//   P3. A claim that isn't granted never goes through as claimed: it is refused, or lowered to what is granted.
import type { Dispatch } from '@mesh/schemas'
import type { Refusal } from './ingress.ts'

export type ClaimPolicy = 'refuse' | 'lower'

export type Claim = { readonly priority: number } | { readonly refusal: Refusal }

/** Only agents that stand for a person who waits start something urgent; others begin at most here. */
const unurgentMost = 1

export function judgeClaim (dispatch: Dispatch, mostUrgent: number | undefined, isGranted: boolean, policy: ClaimPolicy): Claim {
  const { priority, capability, source } = dispatch
  const most = mostUrgent ?? (isGranted ? 0 : unurgentMost)
  if (priority >= most) return { priority }
  if (policy === 'lower') return { priority: most }
  const message = mostUrgent === undefined
    ? `'${source}' may not start '${capability}' as P${priority}; its registration grants no urgentCapabilities for it`
    : `P${priority} was claimed by what a dispatch of P${mostUrgent} caused`
  return { refusal: { code: 'PRIORITY_NOT_GRANTED', message } }
}
