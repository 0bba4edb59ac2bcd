// Which deferred dispatches may go on now. A scheduler over the table: it decides nothing that must survive a restart.
//
// Invariants:
//   Q1. Of one source, workflow and class only the first is a candidate; the next follows when it has gone on. So order
//       holds whatever the due times say.
//   Q2. What its target holds back (paused, or pressed by more urgent work) is parked by target and class and costs
//       nothing until it may go on, except that its deadline still counts.
//   Q3. Each source catches up by itself, so that one's backlog makes no other late.
//   Q4. Looking changes nothing that a second look would miss: entries leave only by `remove`.
import { catchUpOf, goesOnAtMs, withoutGap } from './catch-up.ts'
import { DeferredChains } from './deferred-chains.ts'
import { type DeferredFacts, DeferredTable, ingressOfKey, laneOf, none } from './deferred-table.ts'
import { type Source, Walk, type Waiting } from './deferred-walk.ts'
import { MinHeap } from './min-heap.ts'

export type IsHeld = (target: string, priority: number) => boolean

/** Entries that return from their parking at once; the others follow with the next look. */
const unparkedMax = 5_000
/** Candidates of a source looked at in one go, while something is held: more than a round releases. */
const lookedAtMax = 500
/** Rows of one order that are looked through for one of them: a flood of cancels must not cost its square. */
const foundWithin = 2_000
const priorities = 4

export class DeferredQueue {
  readonly #table = new DeferredTable()
  readonly #chains = new DeferredChains(this.#table)
  readonly #sources = new Map<number, Source>()
  /** How many wait for each target and class, and which of these are held back. */
  readonly #waitingFor = new Map<number, number>()
  #held: ReadonlySet<number> = new Set()
  readonly #parked = new Map<number, MinHeap<number>>()
  /** Only while restoring, by lane, in the order in which they came in; afterwards entries are removed by row. */
  #byIngress: number[][] | undefined = []
  #size = 0

  get size (): number { return this.#size }

  put (facts: DeferredFacts): void {
    const table = this.#table
    const row = table.add(facts)
    if (this.#byIngress !== undefined) (this.#byIngress[facts.lane] ??= []).push(row)
    this.#size++
    const waiting = this.#waitingOf(row)
    waiting.lastDueMs = waiting.count++ === 0 ? facts.dueMs : Math.max(waiting.lastDueMs, facts.dueMs)
    this.#count(row, 1)
    const last = this.#chains.tail(table.order[row]!)
    // Nothing is due before what it must wait for.
    if (last === none) this.#sourceOf(row).heads.push(row)
    else table.dueMs[row] = Math.max(facts.dueMs, table.dueMs[last]!)
    this.#chains.append(row)
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

  remove (row: number): void {
    const dueMs = this.#table.dueMs[row]!
    const source = this.#sourceOf(row)
    this.#unlink(row)
    this.#passed(source, dueMs)
  }

  /** The row of one that waits; undefined where it lies behind too many of its order. */
  find (order: number, ingress: number): number | undefined {
    const table = this.#table
    let row = this.#chains.head(order)
    for (let looked = 0; row !== none && looked < foundWithin; looked++) {
      if (table.isLive[row] === 1 && table.ingress[row] === ingress) return row
      row = table.next[row]!
    }
    return undefined
  }

  offsetOf (row: number): number { return this.#table.offset[row]! }
  ingressOf (row: number): number { return this.#table.ingress[row]! }
  orderOf (row: number): number { return this.#table.order[row]! }

  /** What waits of a source, workflow and class, by its order number. */
  waiting (order: number): { readonly count: number, readonly lastDueMs: number } | undefined {
    const last = this.#chains.tail(order)
    return last === none ? undefined : { count: this.#chains.count(order), lastDueMs: this.#table.dueMs[last]! }
  }

  /** Until when the last one of a source waits, of P0 or of the rest; undefined when none does. */
  lastDueMs (source: string, isUrgent: boolean): number | undefined {
    const waiting = this.#sources.get(this.#table.names.indexOf(source))?.waiting[isUrgent ? 0 : 1]
    return waiting === undefined || waiting.count === 0 ? undefined : waiting.lastDueMs
  }

  /** Lowest offset of mesh.deferred that a restore must reach back to; infinite when nothing waits. */
  lowestOffset (): number { return this.#table.lowestOffset() }

  /** Looks what is held back now: parks it, and takes out of the parking what no longer is. To be called before `due`. */
  schedule (nowMs: number, isHeld: IsHeld): void {
    const { names, dueMs } = this.#table
    this.#held = new Set([...this.#waitingFor.keys()].filter(kind => isHeld(names.name(Math.floor(kind / priorities)), kind % priorities)))
    for (const [kind, heap] of this.#parked) this.#unpark(kind, heap, nowMs)
    for (const source of this.#sources.values()) {
      const first = this.#head(source)
      source.catchUp = first === undefined ? undefined : catchUpOf(source.catchUp, dueMs[first]!, nowMs)
      if (this.#held.size > 0) this.#park(source, nowMs)
    }
  }

  /** Rows that may go on by `untilMs`, soonest first, at most `rowsMax`. */
  due (untilMs: number, rowsMax: number): number[] {
    const rows: number[] = []
    const mayGo = (row: number) => this.#table.deadlineMs[row]! <= untilMs || !this.#isHeld(row)
    const walk = new Walk(this.#table, this.#sources.values(), mayGo)
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

  /** Target and class in one number. */
  #kindOf (row: number): number { return this.#table.target[row]! * priorities + this.#table.priority[row]! }

  #count (row: number, change: 1 | -1): void {
    const kind = this.#kindOf(row)
    const count = (this.#waitingFor.get(kind) ?? 0) + change
    if (count === 0) this.#waitingFor.delete(kind)
    else this.#waitingFor.set(kind, count)
  }

  #isHeld (row: number): boolean { return this.#held.size > 0 && this.#held.has(this.#kindOf(row)) }

  /** The first living row of a source; the dead ones before it are freed. */
  #head ({ heads }: Source): number | undefined {
    for (;;) {
      const row = heads.peek()
      if (row === undefined || this.#table.isLive[row] === 1) return row
      heads.pop()
      this.#free(row)
    }
  }

  #passed (source: Source, dueMs: number): void {
    if (source.catchUp === undefined) return
    const next = this.#head(source)
    if (next !== undefined) source.catchUp = withoutGap(source.catchUp, dueMs, this.#table.dueMs[next]!)
  }

  /** Not while restoring: rows are looked up by their place in the order. */
  #free (row: number): void {
    if (this.#byIngress === undefined) this.#table.free(row)
  }

  #park (source: Source, nowMs: number): void {
    const { deadlineMs, dueMs } = this.#table
    const free: number[] = []
    while (free.length < lookedAtMax) {
      const row = this.#head(source)
      if (row === undefined || goesOnAtMs(dueMs[row]!, source.catchUp) > nowMs) break
      source.heads.pop()
      if (deadlineMs[row]! > nowMs && this.#isHeld(row)) this.#parkingOf(row).push(row)
      else free.push(row)
      this.#passed(source, dueMs[row]!)
    }
    for (const row of free) source.heads.push(row)
  }

  #parkingOf (row: number): MinHeap<number> {
    const table = this.#table
    const kind = this.#kindOf(row)
    let heap = this.#parked.get(kind)
    if (heap === undefined) this.#parked.set(kind, heap = new MinHeap((a, b) => table.deadlineMs[a]! < table.deadlineMs[b]!))
    return heap
  }

  #unpark (kind: number, heap: MinHeap<number>, nowMs: number): void {
    const { deadlineMs } = this.#table
    for (let left = unparkedMax; left > 0; left--) {
      const row = heap.peek()
      if (row === undefined || (this.#held.has(kind) && deadlineMs[row]! > nowMs)) break
      heap.pop()
      this.#sourceOf(row).heads.push(row)
    }
    if (heap.size === 0) this.#parked.delete(kind)
  }

  #unlink (row: number): void {
    const order = this.#table.order[row]!
    const head = this.#chains.head(order)
    this.#table.kill(row)
    this.#size--
    this.#waitingOf(row).count--
    this.#count(row, -1)
    const isLast = this.#chains.count(order) === 1
    const next = head === row && !isLast ? this.#livingBehind(row) : head
    this.#chains.shorten(order, next)
    if (next !== head) this.#sourceOf(next).heads.push(next)
    if (isLast) this.#freeBehind(row)
  }

  /** Those at the end of a chain that were removed before the last living one. */
  #freeBehind (last: number): void {
    for (let row = this.#table.next[last]!; row !== none;) {
      const dead = row
      row = this.#table.next[row]!
      this.#free(dead)
    }
  }

  /** The next living row behind a dead head becomes a candidate. A dead head is freed when it leaves its heap. */
  #livingBehind (head: number): number {
    const { next, isLive } = this.#table
    let row = next[head]!
    while (isLive[row] === 0) {
      const dead = row
      row = next[row]!
      this.#free(dead)
    }
    return row
  }
}
