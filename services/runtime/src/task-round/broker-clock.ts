// The broker's time, by which due times are told; no process's own clock matters.
//
// Invariants:
//   C1. A produce response says when the broker appended; it arrives some time after. Of all that was observed the one
//       that puts the broker furthest ahead was the quickest, and is the nearest to the truth.
//   C2. What was observed ages, because clocks drift apart.
//   C3. It never goes back.

/** Crystal clocks drift by up to some 100 ppm from each other; ten times that is forgotten soon enough and costs nothing. */
const driftMsPerMs = 0.001

export class BrokerClock {
  readonly #monotonicMs: () => number
  #aheadMs: number
  #observedAtMs: number
  #latestMs = 0

  constructor (appendedAtMs: number, monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#observedAtMs = monotonicMs()
    this.#aheadMs = appendedAtMs - this.#observedAtMs
  }

  observe (appendedAtMs: number): void {
    const atMs = this.#monotonicMs()
    const aged = this.#aheadMs - (atMs - this.#observedAtMs) * driftMsPerMs
    this.#aheadMs = Math.max(appendedAtMs - atMs, aged)
    this.#observedAtMs = atMs
  }

  nowMs (): number {
    this.#latestMs = Math.max(this.#latestMs, Math.round(this.#aheadMs + this.#monotonicMs()))
    return this.#latestMs
  }
}
