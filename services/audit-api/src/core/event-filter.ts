// Which events are asked for, and who may see them.
//
// F1. Within a field any of the values fits; between fields all must.
// F2. The scope goes before every filter: what it does not hold is as if it were not there.

import type { TimeRange } from './time-range.ts'

export interface EventFilter extends TimeRange {
  /** On either side. */
  readonly agent?: readonly string[] | undefined
  readonly source?: readonly string[] | undefined
  readonly target?: readonly string[] | undefined
  readonly capability?: readonly string[] | undefined
  readonly type?: readonly string[] | undefined
  readonly decision?: readonly string[] | undefined
  /** `none` is a decision that ends nothing. */
  readonly outcome?: readonly string[] | undefined
  readonly reason?: readonly string[] | undefined
  readonly priority?: readonly number[] | undefined
  readonly workflow?: readonly string[] | undefined
  readonly dispatch?: readonly string[] | undefined
  readonly costMinMicros?: number | undefined
  readonly costMaxMicros?: number | undefined
}

/** All events, or those with one of these agents on either side. */
export type Scope = 'all' | ReadonlySet<string>

export const seesNothing = (scope: Scope): boolean => scope !== 'all' && scope.size === 0

export function isInScope (scope: Scope, { source, target }: { readonly source: string | null, readonly target: string | null }): boolean {
  return scope === 'all' || (source !== null && scope.has(source)) || (target !== null && scope.has(target))
}
