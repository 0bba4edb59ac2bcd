// Records that were read and wait for a handler: one bounded queue per partition, picked by priority.
//
// Invariants:
//   B1. P0 first, then P1, P2, P3; among partitions of one priority, in turn; within a partition, in order.
//   B2. No class starves: each `yieldEvery`th pick goes to the least urgent class that waits.
//   B3. A partition is paused at `recordsMax` records or `bytesMax` bytes and resumed at a quarter of both; what of a
//       batch doesn't fit is left to be read again.

export interface BufferBounds {
  readonly recordsMax: number
  readonly bytesMax: number
}

export interface Buffered<T> {
  readonly record: T
  readonly bytes: number
}

interface Queue<T> {
  readonly partitionKey: string
  readonly priority: number
  readonly records: Buffered<T>[]
  bytes: number
  paused: boolean
}

export const yieldEvery = 16

export class InboxBuffers<T> {
  readonly #bounds: BufferBounds
  readonly #queues = new Map<string, Queue<T>>()
  /** Per priority, in the order in which partitions are to be picked. */
  readonly #turns: Queue<T>[][] = [[], [], [], []]
  #picks = 0
  #size = 0

  constructor (bounds: BufferBounds) { this.#bounds = bounds }

  get size (): number { return this.#size }

  open (partitionKey: string, priority: number): void {
    if (this.#queues.has(partitionKey)) return
    const queue: Queue<T> = { partitionKey, priority, records: [], bytes: 0, paused: false }
    this.#queues.set(partitionKey, queue)
    this.#turns[priority]!.push(queue)
  }

  /** Drops what waits in a partition that went to another instance. */
  close (partitionKey: string): void {
    const queue = this.#queues.get(partitionKey)
    if (queue === undefined) return
    this.#size -= queue.records.length
    this.#queues.delete(partitionKey)
    const turns = this.#turns[queue.priority]!
    turns.splice(turns.indexOf(queue), 1)
  }

  hasRoom (partitionKey: string): boolean {
    const queue = this.#queues.get(partitionKey)
    return queue !== undefined && queue.records.length < this.#bounds.recordsMax && queue.bytes < this.#bounds.bytesMax
  }

  put (partitionKey: string, record: T, bytes: number): void {
    const queue = this.#queues.get(partitionKey)!
    queue.records.push({ record, bytes })
    queue.bytes += bytes
    this.#size++
  }

  /** Whether the partition is now to be paused; says so once. */
  pauses (partitionKey: string): boolean {
    const queue = this.#queues.get(partitionKey)
    if (queue === undefined || queue.paused || this.hasRoom(partitionKey)) return false
    queue.paused = true
    return true
  }

  /** The next record to handle, and the partition to resume, if taking it made enough room. */
  take (): { record: T, resume: string | undefined } | undefined {
    const queue = this.#pick()
    if (queue === undefined) return undefined
    const { record, bytes } = queue.records.shift()!
    queue.bytes -= bytes
    this.#size--
    const resumes = queue.paused && queue.records.length <= this.#bounds.recordsMax / 4 && queue.bytes <= this.#bounds.bytesMax / 4
    if (resumes) queue.paused = false
    return { record, resume: resumes ? queue.partitionKey : undefined }
  }

  #pick (): Queue<T> | undefined {
    if (this.#size === 0) return undefined
    this.#picks++
    const classes = this.#picks % yieldEvery === 0 ? [...this.#turns].reverse() : this.#turns
    for (const turns of classes) {
      const index = turns.findIndex(queue => queue.records.length > 0)
      if (index < 0) continue
      const [queue] = turns.splice(index, 1)
      turns.push(queue!)
      return queue
    }
    return undefined
  }
}
