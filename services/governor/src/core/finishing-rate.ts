// How many a second lately, forgetting by and by.

const memoryMs = 5_000

export class FinishingRate {
  #count = 0
  #atMs = -Infinity

  add (count: number, nowMs: number): void {
    this.#count = this.#remembered(nowMs) + count
    this.#atMs = Math.max(this.#atMs, nowMs)
  }

  perS (nowMs: number): number { return this.#remembered(nowMs) / memoryMs * 1_000 }

  #remembered (nowMs: number): number {
    return this.#count === 0 ? 0 : this.#count * Math.exp(-Math.max(0, nowMs - this.#atMs) / memoryMs)
  }
}
