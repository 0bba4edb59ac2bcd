// What was handled: each place once, and in the order in which a workflow's dispatches of a class were sent.
//
// A place is an arrival's number and which of its handlings it is. One bit a place, so that a million cost 125 KB.

export interface HandledReport {
  readonly bits: Uint8Array
  readonly count: number
  readonly doubled: number
  readonly outOfOrder: number
}

export class Handled {
  #bits = new Uint8Array(1_024)
  #count = 0
  #doubled = 0
  #outOfOrder = 0
  /** By lane (workflow, class and target): the last number seen. */
  readonly #last = new Map<number, number>()

  note (place: number, lane: number | undefined, n: number): void {
    const [at, bit] = [place >>> 3, 1 << (place & 7)]
    if (at >= this.#bits.length) this.#grow(at + 1)
    if ((this.#bits[at]! & bit) !== 0) {
      this.#doubled++
      return
    }
    this.#bits[at]! |= bit
    this.#count++
    if (lane === undefined) return
    if (n < (this.#last.get(lane) ?? -1)) this.#outOfOrder++
    else this.#last.set(lane, n)
  }

  get count (): number { return this.#count }

  report (): HandledReport {
    return { bits: this.#bits, count: this.#count, doubled: this.#doubled, outOfOrder: this.#outOfOrder }
  }

  #grow (atLeast: number): void {
    const grown = new Uint8Array(Math.max(atLeast, 2 * this.#bits.length))
    grown.set(this.#bits)
    this.#bits = grown
  }
}

/** Over all processes: a place that two of them handled is doubled too. */
export function mergeHandled (reports: readonly HandledReport[]): HandledReport {
  const bits = new Uint8Array(Math.max(0, ...reports.map(report => report.bits.length)))
  let [count, doubled, outOfOrder] = [0, 0, 0]
  for (const report of reports) {
    for (const [at, byte] of report.bits.entries()) {
      doubled += ones(bits[at]! & byte)
      count += ones(byte & ~bits[at]!)
      bits[at]! |= byte
    }
    doubled += report.doubled
    outOfOrder += report.outOfOrder
  }
  return { bits, count, doubled, outOfOrder }
}

function ones (byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}
