// What waits of one source, workflow and class, in order: first and last row and how many, by order number. A hash table
// over numbers (open addressing, linear probing), since half a million workflows may have one each.
//
// Bound: twelve bytes a place, and less than three places a chain.
import { type DeferredTable, none } from './deferred-table.ts'

const firstPlaces = 1_024
const fillMax = 0.7

export class DeferredChains {
  readonly #table: DeferredTable
  #head = new Int32Array(firstPlaces)
  #tail = new Int32Array(firstPlaces)
  /** Zero where no chain is. */
  #count = new Uint32Array(firstPlaces)
  #size = 0

  constructor (table: DeferredTable) { this.#table = table }

  count (order: number): number { return this.#count[this.#placeOf(order)]! }

  /** None where nothing waits. */
  head (order: number): number { return this.#rowAt(this.#head, order) }
  tail (order: number): number { return this.#rowAt(this.#tail, order) }

  /** The row becomes the last one of its order. */
  append (row: number): void {
    if (this.#size >= this.#count.length * fillMax) this.#grow()
    const place = this.#placeOf(this.#table.order[row]!)
    if (this.#count[place]! === 0) {
      this.#head[place] = row
      this.#size++
    } else this.#table.next[this.#tail[place]!] = row
    this.#tail[place] = row
    this.#count[place]!++
  }

  /** One of an order has gone on; its first row from then on. The chain ends with its last row. */
  shorten (order: number, head: number): void {
    const place = this.#placeOf(order)
    this.#head[place] = head
    if (--this.#count[place]! > 0) return
    this.#size--
    this.#closeUp(place)
  }

  #rowAt (column: Int32Array, order: number): number {
    const place = this.#placeOf(order)
    return this.#count[place] === 0 ? none : column[place]!
  }

  /** Its place, or the free one where it would be. */
  #placeOf (order: number): number {
    const mask = this.#count.length - 1
    let place = this.#wished(order)
    while (this.#count[place]! > 0 && this.#orderAt(place) !== order) place = (place + 1) & mask
    return place
  }

  #orderAt (place: number): number { return this.#table.order[this.#head[place]!]! }

  /** The upper bits of an order number are a hash of its own. */
  #wished (order: number): number { return (order / 2 ** 21) & (this.#count.length - 1) }

  /** Chains that were pushed on by the one that was here move back, so that no search ends before them. */
  #closeUp (freed: number): void {
    const mask = this.#count.length - 1
    let gap = freed
    for (let place = (gap + 1) & mask; this.#count[place]! > 0; place = (place + 1) & mask) {
      const pushedBy = (place - this.#wished(this.#orderAt(place))) & mask
      if (pushedBy < ((place - gap) & mask)) continue
      this.#head[gap] = this.#head[place]!
      this.#tail[gap] = this.#tail[place]!
      this.#count[gap] = this.#count[place]!
      this.#count[place] = 0
      gap = place
    }
  }

  #grow (): void {
    const [heads, tails, counts] = [this.#head, this.#tail, this.#count]
    const places = counts.length * 2
    this.#head = new Int32Array(places)
    this.#tail = new Int32Array(places)
    this.#count = new Uint32Array(places)
    for (let from = 0; from < counts.length; from++) {
      if (counts[from] === 0) continue
      const place = this.#placeOf(this.#table.order[heads[from]!]!)
      this.#head[place] = heads[from]!
      this.#tail[place] = tails[from]!
      this.#count[place] = counts[from]!
    }
  }
}
