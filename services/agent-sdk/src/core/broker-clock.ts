// A lower bound of the broker's time, from broker times seen in records and this process's monotonic clock.
//
// Invariants:
//   C1. Never ahead of the broker's clock as far as was seen: a record that says t was written at t or later. So what
//       this clock calls over is over.
//   C2. An old observation is dropped, so a broker clock that was set back is believed again within two windows.

export const observationWindowMs = 60_000

export class BrokerClock {
  /** Highest (broker time − monotonic time) of the current and of the last window. */
  #current = -Infinity
  #last = -Infinity
  #windowFromMs = -Infinity

  observe (brokerAtMs: number, monotonicMs: number): void {
    if (monotonicMs - this.#windowFromMs >= observationWindowMs) {
      this.#last = this.#current
      this.#current = -Infinity
      this.#windowFromMs = monotonicMs
    }
    this.#current = Math.max(this.#current, brokerAtMs - monotonicMs)
  }

  /** Undefined before the first observation. */
  nowMs (monotonicMs: number): number | undefined {
    const offsetMs = Math.max(this.#current, this.#last)
    return offsetMs === -Infinity ? undefined : offsetMs + monotonicMs
  }
}
