// How often the mesh is told that a handler is alive, however often the handler says so.
//
// Invariants:
//   G1. At most `tellsPerIdleTimeout` times per idle timeout, and never where nothing expires.
//   G2. The first word is told at once.

export const tellsPerIdleTimeout = 4

export class ProgressPace {
  readonly #pauseMs: number
  #nextAtMs = -Infinity

  constructor (idleTimeoutMs: number | null) { this.#pauseMs = idleTimeoutMs === null ? Infinity : idleTimeoutMs / tellsPerIdleTimeout }

  /** Whether to tell now; if so, it counts as told. */
  tells (nowMs: number): boolean {
    if (this.#pauseMs === Infinity || nowMs < this.#nextAtMs) return false
    this.#nextAtMs = nowMs + this.#pauseMs
    return true
  }
}
