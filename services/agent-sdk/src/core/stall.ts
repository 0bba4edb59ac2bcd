// Whether an instance has come to a stand: everything that may run runs, something waits, and nothing has ended for long.
//
// Invariants:
//   Z1. The bound is that by which the mesh calls an agent stalled (`stalledAfterMs`).
//   Z2. What has nothing to do, or may begin more, does not stand.
import { stalledAfterMs } from '@mesh/topics'

export interface Movement {
  /** Deliveries read and not yet begun. */
  readonly queued: number
  readonly running: number
  /** No further handler may be begun. */
  readonly isFull: boolean
  /** For how long no handler has begun or ended. */
  readonly unchangedMs: number
}

export function stallProblem ({ queued, running, isFull, unchangedMs }: Movement, slaP95Ms: number): string | undefined {
  const isStalled = running > 0 && queued > 0 && isFull && unchangedMs > stalledAfterMs(slaP95Ms)
  return isStalled ? `${running} handlers run, ${queued} deliveries wait, and nothing has ended for ${Math.floor(unchangedMs / 1_000)} s` : undefined
}
