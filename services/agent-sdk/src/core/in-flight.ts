// What of one partition was taken and what is done, so that the committed offset never passes an unfinished record.
//
// Invariants:
//   F1. Every record below `commitOffset` is done; the record at it, if it was taken, is not.
//   F2. Offsets are taken in rising order; gaps (transaction markers, aborted records) count as done.
//   F3. The number of unfinished records is bounded by whoever takes them (the buffer and the handlers).

export class InFlight {
  /** Offsets taken and not yet passed, rising; done ones stay until all before them are done. */
  readonly #taken: number[] = []
  readonly #done = new Set<number>()
  /** Where to read on: all below was taken or skipped. */
  #nextOffset: number

  constructor (nextOffset: number) { this.#nextOffset = nextOffset }

  get nextOffset (): number { return this.#nextOffset }
  get unfinished (): number { return this.#taken.length - this.#done.size }

  take (offset: number): void {
    if (offset < this.#nextOffset) throw new RangeError(`offset ${offset} was taken before (next is ${this.#nextOffset})`)
    this.#taken.push(offset)
    this.#nextOffset = offset + 1
  }

  /** Nothing to handle up to here. */
  skipTo (nextOffset: number): void { this.#nextOffset = Math.max(this.#nextOffset, nextOffset) }

  /** Marks a record as done; one that is not in flight is ignored. */
  done (offset: number): void {
    if (!this.#taken.includes(offset)) return
    this.#done.add(offset)
    let passed = 0
    while (passed < this.#taken.length && this.#done.delete(this.#taken[passed]!)) passed++
    this.#taken.splice(0, passed)
  }

  commitOffset (): number { return this.#taken[0] ?? this.#nextOffset }
}
