// Records that were read and wait for a handler: one bounded queue per partition, picked by priority.
//
// Invariants:
//   B1. Which class is next says the policy (P0 first, no class starves); among partitions of one class, in turn; within a
//       partition, in order.
//   B2. A partition is paused at `recordsMax` records or `bytesMax` bytes and resumed at a quarter of both; what of a
//       batch doesn't fit is left to be read again.

export interface BufferBounds {
  readonly recordsMax: number
  readonly bytesMax: number
}

/** What waits in one class, and how long its first record has. */
export interface ClassState {
  readonly records: number
  readonly oldestAgeMs: number
}

/** Says from which class the next records are taken; the runtime's TakePolicy. */
export interface ClassPolicy {
  take (classes: readonly ClassState[], room: number): readonly number[]
}

interface Buffered<T> {
  readonly record: T
  readonly bytes: number
  readonly sinceMs: number
}

interface Queue<T> {
  readonly partitionKey: string
  readonly priority: number
  readonly records: Buffered<T>[]
  bytes: number
  paused: boolean
}

export class InboxBuffers<T> {
  readonly #bounds: BufferBounds
  readonly #queues = new Map<string, Queue<T>>()
  /** Per priority, in the order in which partitions are to be picked. */
  readonly #turns: Queue<T>[][] = [[], [], [], []]
  readonly #policy: ClassPolicy
  #size = 0

  constructor (bounds: BufferBounds, policy: ClassPolicy) {
    this.#bounds = bounds
    this.#policy = policy
  }

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

  /** `sinceMs`: since when the record waits to be handled. */
  put (partitionKey: string, record: T, bytes: number, sinceMs: number): void {
    const queue = this.#queues.get(partitionKey)!
    queue.records.push({ record, bytes, sinceMs })
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
  take (nowMs: number): { record: T, resume: string | undefined } | undefined {
    if (this.#size === 0) return undefined
    const wanted = this.#policy.take(this.#turns.map(turns => stateOf(turns, nowMs)), 1)
    return this.#takeFrom(wanted.findIndex(records => records > 0))
  }

  /** The same, of P0 only. The policy isn't asked: what goes to a place that others can't have takes nothing from them. */
  takeUrgent (): { record: T, resume: string | undefined } | undefined {
    return this.#turns[0]!.some(({ records }) => records.length > 0) ? this.#takeFrom(0) : undefined
  }

  #takeFrom (priority: number): { record: T, resume: string | undefined } {
    const queue = this.#pick(priority)
    const { record, bytes } = queue.records.shift()!
    queue.bytes -= bytes
    this.#size--
    const resumes = queue.paused && queue.records.length <= this.#bounds.recordsMax / 4 && queue.bytes <= this.#bounds.bytesMax / 4
    if (resumes) queue.paused = false
    return { record, resume: resumes ? queue.partitionKey : undefined }
  }

  #pick (priority: number): Queue<T> {
    const turns = this.#turns[priority]!
    const [queue] = turns.splice(turns.findIndex(({ records }) => records.length > 0), 1)
    turns.push(queue!)
    return queue!
  }
}

function stateOf (turns: readonly Queue<unknown>[], nowMs: number): ClassState {
  let records = 0
  let oldestMs = nowMs
  for (const queue of turns) {
    records += queue.records.length
    oldestMs = Math.min(oldestMs, queue.records[0]?.sinceMs ?? nowMs)
  }
  return { records, oldestAgeMs: nowMs - oldestMs }
}
