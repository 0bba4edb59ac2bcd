// Ids by due time. Removal is lazy: the reader checks whether the id still waits.
//
// Bound: one entry an id put; a put again for the same id with the same time is the caller's duty to avoid.
import { MinHeap } from './min-heap.ts'

export interface Due {
  readonly dueMs: number
  readonly id: string
}

export class DueQueue {
  readonly #heap = new MinHeap<Due>((a, b) => a.dueMs < b.dueMs)

  get size (): number { return this.#heap.size }

  peek (): Due | undefined { return this.#heap.peek() }
  put (due: Due): void { this.#heap.push(due) }
  take (): Due | undefined { return this.#heap.pop() }

  /** Ids due at or before `nowMs`, soonest first, at most `idsMax`; they stay in the queue. */
  due (nowMs: number, idsMax: number): string[] {
    const ids: string[] = []
    for (const { dueMs, id } of this.#heap.inOrder()) {
      if (dueMs > nowMs || ids.length === idsMax) break
      ids.push(id)
    }
    return ids
  }
}
