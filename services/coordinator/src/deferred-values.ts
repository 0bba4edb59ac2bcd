// The deferred dispatches that go on soon, whole. The queue knows when; what is sent is read again from mesh.deferred
// shortly before, away from the rounds, so that no round waits for a read.
//
// Bounds: bytes held a task; what has no room is read when its time is nearer. Reads one at a time, `readsMax` fetches each;
// a read that fails is asked for again by the next round.
import type { Codec, Deferral } from '@mesh/schemas'
import type { LogChunk, LogReader, Logger } from '@mesh/runtime'

export interface DeferredValuesOptions {
  readonly reader: Pick<LogReader, 'read'>
  readonly topic: string
  readonly task: number
  readonly codec: Codec
  readonly logger: Logger
}

const heldBytesMax = 4 * 1_024 * 1_024
const fetchBytes = 128 * 1_024
const readsMax = 50

export class DeferredValues {
  readonly #options: DeferredValuesOptions
  /** Copies: a view would keep the whole answer of the fetch that it came with. */
  readonly #held = new Map<number, Buffer>()
  #bytes = 0
  #isReading = false

  constructor (options: DeferredValuesOptions) { this.#options = options }

  get (offset: number): Deferral | undefined {
    const value = this.#held.get(offset)
    return value === undefined ? undefined : this.#options.codec.decode('Deferral', value)
  }

  has (offset: number): boolean { return this.#held.has(offset) }

  /** Keeps one that goes on soon; false when there is no room. */
  keep (offset: number, value: Buffer): boolean {
    if (this.#held.has(offset)) return true
    if (this.#bytes + value.length > heldBytesMax && this.#held.size > 0) return false
    this.#bytes += value.length
    this.#held.set(offset, value)
    return true
  }

  forget (offset: number): void {
    this.#bytes -= this.#held.get(offset)?.length ?? 0
    this.#held.delete(offset)
  }

  get isReading (): boolean { return this.#isReading }

  /** Begins to read those that are not held, the first ones first; they are there when a later round looks. */
  want (offsets: readonly number[]): void {
    if (this.#isReading) return
    const missing = offsets.filter(offset => !this.#held.has(offset))
    if (missing.length === 0) return
    this.#makeRoomBut(new Set(offsets))
    this.#isReading = true
    void this.#read(missing).catch(error => {
      this.#options.logger.warn({ task: this.#options.task, error: (error as Error).message }, 'deferred dispatches could not be read; they are asked for again')
    }).finally(() => { this.#isReading = false })
  }

  /** What was kept early gives way to what goes on sooner. */
  #makeRoomBut (soon: ReadonlySet<number>): void {
    if (this.#bytes <= heldBytesMax / 2) return
    for (const offset of this.#held.keys()) if (!soon.has(offset)) this.forget(offset)
  }

  async #read (offsets: number[]): Promise<void> {
    const { reader, topic, task } = this.#options
    const sorted = [...offsets].sort((a, b) => a - b)
    for (let reads = 0; sorted.length > 0 && reads < readsMax; reads++) {
      const [chunk] = await reader.read([{ topic, partition: task, offset: sorted[0]!, bytesMax: fetchBytes }])
      if (!this.#take(chunk!, sorted)) return
    }
  }

  /** False when there is no more room. */
  #take ({ records, nextOffset }: LogChunk, sorted: number[]): boolean {
    const wanted = new Set(sorted)
    for (const { offset, value } of records) {
      if (value === null || !wanted.has(offset)) continue
      if (!this.keep(offset, Buffer.from(value))) return false
    }
    while (sorted.length > 0 && sorted[0]! < nextOffset) sorted.shift()
    return true
  }
}
