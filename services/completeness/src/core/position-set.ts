// Offsets of one partition, as bits.
//
// S1. An eighth of a byte an offset and no more than 8 KiB for a lone one: a day of a busy partition fits into memory.
// S2. Offsets only say where a bit is. What is counted is what was added, never a difference of offsets.

const pageBits = 65_536
const wordBits = 32

export class PositionSet {
  readonly #pages = new Map<number, Uint32Array>()
  #count = 0

  get count (): number { return this.#count }

  /** Whether it was not there before. */
  add (offset: number): boolean {
    const number = Math.floor(offset / pageBits)
    let page = this.#pages.get(number)
    if (page === undefined) this.#pages.set(number, page = new Uint32Array(pageBits / wordBits))
    const bit = offset - number * pageBits
    const word = bit >>> 5
    const mask = 1 << (bit & 31)
    if ((page[word]! & mask) !== 0) return false
    page[word]! |= mask
    this.#count++
    return true
  }

  has (offset: number): boolean {
    const number = Math.floor(offset / pageBits)
    const bit = offset - number * pageBits
    return ((this.#pages.get(number)?.[bit >>> 5] ?? 0) & 1 << (bit & 31)) !== 0
  }

  /** Ascending. */
  * [Symbol.iterator] (): Generator<number> {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(number)!
      for (let word = 0; word < page.length; word++) {
        if (page[word] === 0) continue
        for (let bit = 0; bit < wordBits; bit++) if ((page[word]! & 1 << bit) !== 0) yield number * pageBits + word * wordBits + bit
      }
    }
  }

  /** Those that the other has not, ascending. */
  * without (other: PositionSet): Generator<number> {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(number)!
      const otherPage = other.#pages.get(number)
      for (let word = 0; word < page.length; word++) {
        const left = page[word]! & ~(otherPage?.[word] ?? 0)
        if (left === 0) continue
        for (let bit = 0; bit < wordBits; bit++) if ((left & 1 << bit) !== 0) yield number * pageBits + word * wordBits + bit
      }
    }
  }

  /** Maximal runs of offsets that follow each other, ascending. */
  * runs (): Generator<readonly [from: number, to: number]> {
    let from = -1
    let to = -1
    for (const offset of this) {
      if (from >= 0 && offset === to + 1) {
        to = offset
        continue
      }
      if (from >= 0) yield [from, to]
      from = to = offset
    }
    if (from >= 0) yield [from, to]
  }
}
