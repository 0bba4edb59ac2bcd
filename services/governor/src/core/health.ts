// How an agent looks from outside: whether instances are there, and whether what waits for them moves.
//
// Invariants:
//   M1. What isn't known is said to be unknown: a group that couldn't be asked about has not no members.
//   M2. Stalled begins when something has waited for longer than the limit and nothing moved for as long; it ends when
//       something moves or nothing waits. A governor that has just started goes on with what was said before.
import type { AgentHealth } from '@mesh/schemas'
import { stalledAfterMs } from '@mesh/topics'

export interface HealthFacts {
  /** Members of the inbox group; undefined where not known. */
  readonly instances: number | undefined
  /** One that offers nothing reads no inbox, and whether it runs can't be seen there. */
  readonly offers: boolean
  readonly waitingRecords: number
  readonly oldestAgeMs: number
  /** Since anything of the inbox was handled, or since it was first looked at. */
  readonly stoodStillMs: number
  readonly slaP95Ms: number
  readonly was: AgentHealth
}

export function healthOf ({ instances, offers, waitingRecords, oldestAgeMs, stoodStillMs, slaP95Ms, was }: HealthFacts): AgentHealth {
  if (instances === undefined) return 'unknown'
  if (instances === 0) return offers || waitingRecords > 0 ? 'absent' : 'unknown'
  if (waitingRecords === 0) return 'healthy'
  const limitMs = stalledAfterMs(slaP95Ms)
  if (oldestAgeMs <= limitMs) return 'healthy'
  // Nothing was seen to move yet by this governor: what another said of it still holds.
  return stoodStillMs > limitMs || (was === 'stalled' && stoodStillMs > 0) ? 'stalled' : 'healthy'
}
