// A binary heap of numbers, least first by the caller's order. Whether an item still counts is the caller's business:
// items leave only by `pop`.

export class MinHeap {
  readonly #isBefore: (a: number, b: number) => boolean
  readonly #items: number[] = []

  constructor (isBefore: (a: number, b: number) => boolean) { this.#isBefore = isBefore }

  get size (): number { return this.#items.length }

  peek (): number | undefined { return this.#items[0] }

  /** The item at a place of the tree, for walking it without taking: children of i are at 2i + 1 and 2i + 2. */
  at (index: number): number | undefined { return this.#items[index] }

  push (item: number): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(item, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  pop (): number | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (first === undefined || last === undefined || this.#items.length === 0) return first
    this.#sink(0, last)
    return first
  }

  #sink (from: number, item: number): void {
    const items = this.#items
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= items.length) break
      const right = left + 1
      const child = right < items.length && this.#isBefore(items[right]!, items[left]!) ? right : left
      if (!this.#isBefore(items[child]!, item)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = item
  }
}
