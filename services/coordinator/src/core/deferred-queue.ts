// Which deferred dispatches may go on now. A scheduler over the table: it decides nothing that must survive a restart.
//
// Invariants:
//   Q1. Of one source, workflow and class only the first is a candidate; the next follows when it has gone on. So order
//       holds whatever the due times say.
//   Q2. What its target holds back (paused, or pressed by more urgent work) is parked by target and class and costs
//       nothing until it may go on, except that its deadline still counts.
//   Q3. Each source catches up by itself, so that one's backlog makes no other late.
//   Q4. Looking changes nothing that a second look would miss: entries leave only by `remove`.
import { catchUpOf, goesOnAtMs } from './catch-up.ts'
import { type DeferredFacts, DeferredTable, ingressOfKey, laneOf } from './deferred-table.ts'
import { type Source, Walk, type Waiting } from './deferred-walk.ts'
import { MinHeap } from './min-heap.ts'

export type IsHeld = (target: string, priority: number) => boolean

interface Chain { head: number, tail: number, lastDueMs: number, count: number }

/** Entries that return from their parking at once; the others follow with the next look. */
const unparkedMax = 5_000
/** Candidates of a source looked at in one go: more than a round releases. */
const lookedAtMax = 500
const priorities = 4

export class DeferredQueue {
  readonly #table = new DeferredTable()
  readonly #chains = new Map<number, Chain>()
  readonly #sources = new Map<number, Source>()
  readonly #parked = new Map<number, MinHeap>()
  /** Rows in the order of their offsets; dead ones are passed over when they come first. */
  readonly #byOffset: { rows: number[], offsets: number[], first: number } = { rows: [], offsets: [], first: 0 }
  /** Only while restoring, by lane, in the order in which they came in; afterwards entries are removed by row. */
  #byIngress: number[][] | undefined = []
  #size = 0

  get size (): number { return this.#size }

  put (facts: DeferredFacts): void {
    const table = this.#table
    const row = table.add(facts)
    if (this.#byIngress !== undefined) (this.#byIngress[facts.lane] ??= []).push(row)
    this.#byOffset.rows.push(row)
    this.#byOffset.offsets.push(facts.offset)
    this.#size++
    const waiting = this.#waitingOf(row)
    waiting.lastDueMs = waiting.count++ === 0 ? facts.dueMs : Math.max(waiting.lastDueMs, facts.dueMs)
    const order = table.order[row]!
    const chain = this.#chains.get(order)
    if (chain === undefined) {
      this.#chains.set(order, { head: row, tail: row, lastDueMs: facts.dueMs, count: 1 })
      this.#sourceOf(row).heads.push(row)
      return
    }
    table.next[chain.tail] = row
    chain.tail = row
    chain.lastDueMs = Math.max(chain.lastDueMs, facts.dueMs)
    chain.count++
  }

  /** A tombstone met while restoring. */
  forget (key: string): void {
    const ingress = ingressOfKey(key)
    const row = ingress === undefined ? undefined : this.#rowOf(ingress)
    if (row !== undefined && this.#table.isLive[row] === 1) this.#unlink(row)
  }

  /** A lane is read in order, so what it deferred was written in the order of its offsets. */
  #rowOf (ingress: number): number | undefined {
    const rows = this.#byIngress?.[laneOf(ingress)] ?? []
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#table.ingress[rows[middle]!]! < ingress) low = middle + 1
      else high = middle
    }
    const row = rows[low]
    return row !== undefined && this.#table.ingress[row] === ingress ? row : undefined
  }

  /** Ends the restore. */
  restored (): void { this.#byIngress = undefined }

  remove (row: number): void { this.#unlink(row) }

  offsetOf (row: number): number { return this.#table.offset[row]! }
  ingressOf (row: number): number { return this.#table.ingress[row]! }
  orderOf (row: number): number { return this.#table.order[row]! }

  /** What waits of a source, workflow and class, by its order number. */
  waiting (order: number): { readonly count: number, readonly lastDueMs: number } | undefined { return this.#chains.get(order) }

  /** Until when the last one of a source waits, of P0 or of the rest; undefined when none does. */
  lastDueMs (source: string, isUrgent: boolean): number | undefined {
    const waiting = this.#sources.get(this.#table.names.indexOf(source))?.waiting[isUrgent ? 0 : 1]
    return waiting === undefined || waiting.count === 0 ? undefined : waiting.lastDueMs
  }

  /** Lowest offset of mesh.deferred that a restore must reach back to; infinite when nothing waits. */
  lowestOffset (): number {
    const { rows, offsets } = this.#byOffset
    while (this.#byOffset.first < rows.length && !this.#holds(this.#byOffset.first)) this.#byOffset.first++
    if (this.#byOffset.first > 10_000 && this.#byOffset.first * 2 > rows.length) {
      rows.splice(0, this.#byOffset.first)
      offsets.splice(0, this.#byOffset.first)
      this.#byOffset.first = 0
    }
    return offsets[this.#byOffset.first] ?? Infinity
  }

  /** Parks what is held, and takes out of the parking what no longer is. To be called before `due`. */
  schedule (nowMs: number, isHeld: IsHeld): void {
    for (const [place, heap] of this.#parked) this.#unpark(place, heap, nowMs, isHeld)
    for (const source of this.#sources.values()) {
      const first = this.#head(source)
      source.catchUp = first === undefined ? undefined : catchUpOf(source.catchUp, this.#table.dueMs[first]!, nowMs)
      this.#park(source, nowMs, isHeld)
    }
  }

  /** Rows that may go on by `untilMs`, soonest first, at most `rowsMax`. */
  due (untilMs: number, isHeld: IsHeld, rowsMax: number): number[] {
    const rows: number[] = []
    const mayGo = (row: number) => this.#table.deadlineMs[row]! <= untilMs || !this.#isHeld(row, isHeld)
    const walk = new Walk(this.#table, [...this.#sources.values()], mayGo)
    while (rows.length < rowsMax) {
      const row = walk.next(untilMs)
      if (row === undefined) break
      rows.push(row)
    }
    return rows
  }

  /** When the next one may go on; undefined when nothing waits that isn't parked. */
  nextDueMs (): number | undefined {
    let nextMs = Infinity
    for (const source of this.#sources.values()) {
      const head = this.#head(source)
      if (head !== undefined) nextMs = Math.min(nextMs, goesOnAtMs(this.#table.dueMs[head]!, source.catchUp))
    }
    return nextMs === Infinity ? undefined : nextMs
  }

  get parkedCount (): number {
    let count = 0
    for (const heap of this.#parked.values()) count += heap.size
    return count
  }

  #sourceOf (row: number): Source {
    const index = this.#table.source[row]!
    let source = this.#sources.get(index)
    if (source === undefined) {
      const table = this.#table
      const isBefore = (a: number, b: number) => table.dueMs[a]! < table.dueMs[b]! || (table.dueMs[a] === table.dueMs[b] && table.offset[a]! < table.offset[b]!)
      const waiting = [{ count: 0, lastDueMs: 0 }, { count: 0, lastDueMs: 0 }] as const
      this.#sources.set(index, source = { heads: new MinHeap(isBefore), catchUp: undefined, waiting })
    }
    return source
  }

  #waitingOf (row: number): Waiting { return this.#sourceOf(row).waiting[this.#table.priority[row] === 0 ? 0 : 1] }

  /** The first living row of a source; the dead ones before it are freed. */
  #head ({ heads }: Source): number | undefined {
    for (;;) {
      const row = heads.peek()
      if (row === undefined || this.#table.isLive[row] === 1) return row
      heads.pop()
      this.#free(row)
    }
  }

  /** Not while restoring: rows are looked up by their place in the order. */
  #free (row: number): void {
    if (this.#byIngress === undefined) this.#table.free(row)
  }

  #park (source: Source, nowMs: number, isHeld: IsHeld): void {
    const { deadlineMs, dueMs } = this.#table
    const free: number[] = []
    while (free.length < lookedAtMax) {
      const row = this.#head(source)
      if (row === undefined || goesOnAtMs(dueMs[row]!, source.catchUp) > nowMs) break
      source.heads.pop()
      if (deadlineMs[row]! > nowMs && this.#isHeld(row, isHeld)) this.#parkingOf(row).push(row)
      else free.push(row)
    }
    for (const row of free) source.heads.push(row)
  }

  #isHeld (row: number, isHeld: IsHeld): boolean {
    const { names, target, priority } = this.#table
    return isHeld(names.name(target[row]!), priority[row]!)
  }

  #parkingOf (row: number): MinHeap {
    const table = this.#table
    const place = table.target[row]! * priorities + table.priority[row]!
    let heap = this.#parked.get(place)
    if (heap === undefined) this.#parked.set(place, heap = new MinHeap((a, b) => table.deadlineMs[a]! < table.deadlineMs[b]!))
    return heap
  }

  #unpark (place: number, heap: MinHeap, nowMs: number, isHeld: IsHeld): void {
    const { names, deadlineMs } = this.#table
    const isOver = !isHeld(names.name(Math.floor(place / priorities)), place % priorities)
    for (let left = unparkedMax; left > 0; left--) {
      const row = heap.peek()
      if (row === undefined || (!isOver && deadlineMs[row]! > nowMs)) break
      heap.pop()
      this.#sourceOf(row).heads.push(row)
    }
    if (heap.size === 0) this.#parked.delete(place)
  }

  #holds (index: number): boolean {
    const { rows, offsets } = this.#byOffset
    const row = rows[index]!
    return this.#table.isLive[row] === 1 && this.#table.offset[row] === offsets[index]
  }

  #unlink (row: number): void {
    const table = this.#table
    const order = table.order[row]!
    const chain = this.#chains.get(order)!
    table.isLive[row] = 0
    this.#size--
    this.#waitingOf(row).count--
    if (--chain.count === 0) this.#chains.delete(order)
    else if (chain.head === row) this.#promote(chain)
  }

  /** The next living row behind a dead head becomes a candidate. A dead head is freed when it leaves its heap. */
  #promote (chain: Chain): void {
    const table = this.#table
    let next = table.next[chain.head]!
    while (table.isLive[next] === 0) {
      const dead = next
      next = table.next[next]!
      this.#free(dead)
    }
    chain.head = next
    this.#sourceOf(next).heads.push(next)
  }
}
