// What attempts again each target has left: its calls earn them, and calm doesn't save them up.
//
// Invariants:
//   B1. Over any stretch of time, attempts again are at most `inHandMax` and one for every `callsPerRetry` calls.
//   B2. At most `inHandMax` are kept, so the first minute of an outage is not paid for by the calm before it.
//   B3. At most `targetsMax` targets are kept; those not called for longest are forgotten, and are as new when called again.

export const callsPerRetry = 10
/** So that a target that is seldom asked has any. Per task. */
export const inHandMax = 5
const targetsMax = 10_000
const full = inHandMax * callsPerRetry

export class RetryBudget {
  /** In calls, so that the sums are whole; those that have all are left out. The one changed longest ago comes first. */
  readonly #left = new Map<string, number>()

  left (target: string): number { return (this.#left.get(target) ?? full) / callsPerRetry }

  earn (target: string): void { this.#change(target, 1) }
  spend (target: string): void { this.#change(target, -callsPerRetry) }

  #change (target: string, calls: number): void {
    const left = Math.min(full, (this.#left.get(target) ?? full) + calls)
    this.#left.delete(target)
    if (left < full) this.#left.set(target, left)
    if (this.#left.size > targetsMax) this.#left.delete(this.#left.keys().next().value!)
  }
}
