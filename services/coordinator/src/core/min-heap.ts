// A binary heap, least first by the caller's order. Whether an item still counts is the caller's business: items leave
// only by `pop`.

export class MinHeap<Item> {
  readonly #isBefore: (a: Item, b: Item) => boolean
  readonly #items: Item[] = []

  constructor (isBefore: (a: Item, b: Item) => boolean) { this.#isBefore = isBefore }

  get size (): number { return this.#items.length }

  peek (): Item | undefined { return this.#items[0] }

  /** The item at a place of the tree, for walking it without taking: children of i are at 2i + 1 and 2i + 2. */
  at (index: number): Item | undefined { return this.#items[index] }

  push (item: Item): void {
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

  pop (): Item | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (first === undefined || last === undefined || this.#items.length === 0) return first
    this.#sink(last)
    return first
  }

  /** All items in their order, without taking them; each costs as much as a pop. */
  * inOrder (): Generator<Item> {
    const frontier = new MinHeap<number>((a, b) => this.#isBefore(this.#items[a]!, this.#items[b]!))
    if (this.#items.length > 0) frontier.push(0)
    for (let index = frontier.pop(); index !== undefined; index = frontier.pop()) {
      yield this.#items[index]!
      for (const child of [2 * index + 1, 2 * index + 2]) if (child < this.#items.length) frontier.push(child)
    }
  }

  #sink (item: Item): void {
    const items = this.#items
    let at = 0
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
