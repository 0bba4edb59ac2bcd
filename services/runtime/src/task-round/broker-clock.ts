/**
 * The broker's time, by which due times are told: the last append time that a produce response named, plus what has
 * passed here since. No process's own clock matters, and it never goes back.
 */
export class BrokerClock {
  readonly #monotonicMs: () => number
  #aheadMs: number
  #latestMs = 0

  constructor (appendedAtMs: number, monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#aheadMs = appendedAtMs - monotonicMs()
  }

  observe (appendedAtMs: number): void { this.#aheadMs = appendedAtMs - this.#monotonicMs() }

  nowMs (): number {
    this.#latestMs = Math.max(this.#latestMs, Math.round(this.#aheadMs + this.#monotonicMs()))
    return this.#latestMs
  }
}
