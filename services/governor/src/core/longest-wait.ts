// The longest wait heard of lately, in two buckets, so that any number of them takes the same memory.
//
// Invariants:
//   L1. A wait counts for at least one `bucketMs` after it was heard, and for less than two.

export const bucketMs = 5_000

export class LongestWait {
  #bucket = -Infinity
  #currentMs: number | null = null
  #previousMs: number | null = null

  add (waitedMs: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#currentMs = Math.max(this.#currentMs ?? 0, waitedMs)
  }

  /** Null where none was heard of lately. */
  waitedMs (nowMs: number): number | null {
    this.#turn(nowMs)
    if (this.#previousMs === null || this.#currentMs === null) return this.#currentMs ?? this.#previousMs
    return Math.max(this.#currentMs, this.#previousMs)
  }

  #turn (nowMs: number): void {
    const bucket = Math.floor(nowMs / bucketMs)
    if (bucket <= this.#bucket) return
    this.#previousMs = bucket === this.#bucket + 1 ? this.#currentMs : null
    this.#currentMs = null
    this.#bucket = bucket
  }
}
