// Whether a request that timed out did so in the queue before the handler, which is not the handler's fault.
//
// Invariants:
//   B1. The queue is to blame only if it was long (requests of that class waited for more than half of the time that the agent
//       had this one) and the agent works as it promised meanwhile (what it finishes, at the promised time each, fills half of
//       its places).
//   B2. So an agent whose places are held by handlers that hang is to blame itself, however long the queue that they made.

export interface QueueFacts {
  /** How old the oldest delivery of the class is that was not handled, ms. */
  readonly oldestAgeMs: number
  /** The longest that a request of the class that was answered lately had waited, ms; null where none was. */
  readonly waitedMs: number | null
  /** What the agent finished lately, per second, by answers or by what its group has committed. */
  readonly finishedPerS: number
  readonly maxConcurrent: number
  readonly slaP95Ms: number
}

const longShare = 0.5
const busyShare = 0.5

export function isQueuesFault (heldMs: number, { oldestAgeMs, waitedMs, finishedPerS, maxConcurrent, slaP95Ms }: QueueFacts): boolean {
  const isLong = Math.max(oldestAgeMs, waitedMs ?? 0) > longShare * heldMs
  const busyPlaces = finishedPerS * slaP95Ms / 1_000
  return isLong && finishedPerS > 0 && busyPlaces >= busyShare * maxConcurrent
}
