// Goes through the deferred dispatches that may go on, soonest first, without taking any.
import { type CatchUp, goesOnAtMs } from './catch-up.ts'
import { type DeferredTable, none } from './deferred-table.ts'
import { MinHeap } from './min-heap.ts'

export interface Waiting { count: number, lastDueMs: number }

export interface Source {
  /** First rows of the chains, by due time; dead ones leave when they come first. */
  readonly heads: MinHeap<number>
  catchUp: CatchUp | undefined
  /** What waits, of P0 and of the rest, and until when the last of each does. */
  readonly waiting: readonly [Waiting, Waiting]
}

interface Candidate {
  readonly row: number
  readonly atMs: number
  readonly source: Source
  /** Place in the heap; none for a row behind a head. */
  readonly place: number
}

export class Walk {
  readonly #table: DeferredTable
  readonly #mayGo: (row: number) => boolean
  readonly #frontier = new MinHeap<Candidate>((a, b) => this.#isBefore(a, b))

  constructor (table: DeferredTable, sources: Iterable<Source>, mayGo: (row: number) => boolean) {
    this.#table = table
    this.#mayGo = mayGo
    for (const source of sources) this.#reachHead(source, 0)
  }

  next (untilMs: number): number | undefined {
    for (;;) {
      const first = this.#frontier.peek()
      if (first === undefined) return undefined
      const { row, atMs, source, place } = first
      if (atMs > untilMs) return undefined
      this.#frontier.pop()
      if (place !== none) for (const child of [2 * place + 1, 2 * place + 2]) this.#reachHead(source, child)
      if (this.#table.isLive[row] === 0 || !this.#mayGo(row)) continue
      this.#reachBehind(row, atMs, source)
      return row
    }
  }

  #reachHead (source: Source, place: number): void {
    const row = source.heads.at(place)
    if (row !== undefined) this.#reach({ row, atMs: goesOnAtMs(this.#table.dueMs[row]!, source.catchUp), source, place })
  }

  #reachBehind (row: number, atMs: number, source: Source): void {
    const { next, isLive, dueMs } = this.#table
    let behind = next[row]!
    while (behind !== none && isLive[behind] === 0) behind = next[behind]!
    if (behind !== none) this.#reach({ row: behind, atMs: Math.max(atMs, goesOnAtMs(dueMs[behind]!, source.catchUp)), source, place: none })
  }

  #reach (candidate: Candidate): void { this.#frontier.push(candidate) }

  #isBefore (a: Candidate, b: Candidate): boolean {
    const { offset } = this.#table
    return a.atMs < b.atMs || (a.atMs === b.atMs && offset[a.row]! < offset[b.row]!)
  }
}
