// Places that are kept free for P0 while it is alive. A handler isn't interrupted, so an urgent delivery that finds every
// place taken waits for as long as the handlers of others run; where those call models, longer than its objective.
//
// Invariants:
//   U1. Nothing is kept while no P0 has come for `aliveMs`, so an agent without P0 has all its places.
//   U2. At least half of the places are never kept, and with fewer than `handlersMin` none is: the price would be too high.

export const aliveMs = 2_000
const handlersMin = 3
/** One in so many. */
const oneIn = 8

/** How many of `handlers` places only P0 may take. */
export function placesKept (handlers: number, sinceUrgentMs: number): number {
  if (sinceUrgentMs > aliveMs || handlers < handlersMin) return 0
  return Math.max(1, Math.floor(handlers / oneIn))
}
