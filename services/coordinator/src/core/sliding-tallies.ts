// Counts of the last minute or two, by name: what a circuit let through, how often a workflow hopped or was cut.
//
// Invariants:
//   L1. A count covers at least the last `tallyWindowMs`, and nothing that is twice as old: time is cut into windows, and the
//       present one and the one before are kept.
//   L2. At most `namesMax` names a window; what has no room there ends it early, so counts may then be too low, never too high.
export const tallyWindowMs = 60_000
const namesMax = 50_000

export class SlidingTallies {
  #current = new Map<string, number>()
  #previous = new Map<string, number>()
  #window = -Infinity

  count (name: string, nowMs: number): number {
    const windowsAgo = windowAt(nowMs) - this.#window
    if (windowsAgo > 1) return 0
    const current = this.#current.get(name) ?? 0
    return windowsAgo === 1 ? current : current + (this.#previous.get(name) ?? 0)
  }

  add (name: string, atMs: number): void {
    const windowsAhead = windowAt(atMs) - this.#window
    if (windowsAhead > 0 || this.#current.size >= namesMax) {
      this.#previous = windowsAhead > 1 ? new Map() : this.#current
      this.#current = new Map()
      this.#window = Math.max(this.#window, windowAt(atMs))
    }
    this.#current.set(name, (this.#current.get(name) ?? 0) + 1)
  }
}

const windowAt = (atMs: number): number => Math.floor(atMs / tallyWindowMs)
