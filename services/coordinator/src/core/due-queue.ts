// A binary min-heap of (due time, id). Removal is lazy: the reader checks whether the id still waits.
//
// Bound: one entry an id put; a put again for the same id with the same time is the caller's duty to avoid.

export interface Due {
  readonly dueMs: number
  readonly id: string
}

export class DueQueue {
  readonly #heap: Due[] = []

  get size (): number { return this.#heap.length }

  peek (): Due | undefined { return this.#heap[0] }

  put (due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.dueMs <= due.dueMs) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  take (): Due | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && heap[right]!.dueMs < heap[left]!.dueMs ? right : left
      if (heap[child]!.dueMs >= last.dueMs) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }

  /** Ids due at or before `nowMs`, soonest first, at most `idsMax`; they stay in the queue. */
  due (nowMs: number, idsMax: number): string[] {
    const ids: string[] = []
    const frontier = this.#heap.length > 0 ? [0] : []
    const soonestFirst = (a: number, b: number) => this.#heap[a]!.dueMs - this.#heap[b]!.dueMs
    while (frontier.length > 0 && ids.length < idsMax) {
      frontier.sort(soonestFirst)
      const at = frontier.shift()!
      if (this.#heap[at]!.dueMs > nowMs) break
      ids.push(this.#heap[at]!.id)
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.#heap.length) frontier.push(child)
    }
    return ids
  }
}
