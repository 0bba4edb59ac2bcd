// What is known in memory of deferred dispatches: no payloads, no strings an entry, so that half a million fit in some
// forty megabytes. Columns of numbers; a row is named by its index, which is used again once the row is freed.

export interface DeferredFacts {
  /** Offset in the task's partition of mesh.deferred, where the whole of it is read again. */
  readonly offset: number
  readonly dueMs: number
  /** Infinity for none. */
  readonly deadlineMs: number
  /** The class it will be delivered as. */
  readonly priority: number
  /** Where it came in: the key of its record. */
  readonly lane: number
  readonly ingressOffset: number
  readonly source: string
  readonly target: string
  readonly workflowId: string
}

export const none = -1
const firstRows = 1_024

/** Numbers its strings; agents' names, so a few hundred. */
class Names {
  readonly #indexes = new Map<string, number>()
  readonly #names: string[] = []

  indexOf (name: string): number {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    this.#indexes.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  name (index: number): string { return this.#names[index]! }
}

export class DeferredTable {
  readonly names = new Names()
  offset = new Float64Array(firstRows)
  dueMs = new Float64Array(firstRows)
  deadlineMs = new Float64Array(firstRows)
  ingress = new Float64Array(firstRows)
  order = new Float64Array(firstRows)
  source = new Uint32Array(firstRows)
  target = new Uint32Array(firstRows)
  /** The next one of the same source, workflow and class. */
  next = new Int32Array(firstRows)
  priority = new Uint8Array(firstRows)
  isLive = new Uint8Array(firstRows)
  /** Living rows in the order of their offsets: the neighbours of each. */
  #lower = new Int32Array(firstRows)
  #higher = new Int32Array(firstRows)
  #lowest = none
  #highest = none
  readonly #free: number[] = []
  #used = 0

  /** Offsets come in ascending order. */
  add (facts: DeferredFacts): number {
    const row = this.#free.pop() ?? this.#used++
    if (row >= this.offset.length) this.#grow()
    this.offset[row] = facts.offset
    this.dueMs[row] = facts.dueMs
    this.deadlineMs[row] = facts.deadlineMs
    this.ingress[row] = ingressOf(facts.lane, facts.ingressOffset)
    this.order[row] = orderOf(facts.source, facts.workflowId, facts.priority)
    this.source[row] = this.names.indexOf(facts.source)
    this.target[row] = this.names.indexOf(facts.target)
    this.next[row] = none
    this.priority[row] = facts.priority
    this.isLive[row] = 1
    this.#lower[row] = this.#highest
    this.#higher[row] = none
    if (this.#highest === none) this.#lowest = row
    else this.#higher[this.#highest] = row
    this.#highest = row
    return row
  }

  /** The row no longer counts, and keeps its place until it is freed. */
  kill (row: number): void {
    const [lower, higher] = [this.#lower[row]!, this.#higher[row]!]
    this.isLive[row] = 0
    if (lower === none) this.#lowest = higher
    else this.#higher[lower] = higher
    if (higher === none) this.#highest = lower
    else this.#lower[higher] = lower
  }

  free (row: number): void { this.#free.push(row) }

  /** Infinite when no row lives. */
  lowestOffset (): number { return this.#lowest === none ? Infinity : this.offset[this.#lowest]! }

  /** By a quarter: twice as many rows would be free half of the time. */
  #grow (): void {
    const rows = Math.ceil(this.offset.length * 1.25)
    for (const column of ['offset', 'dueMs', 'deadlineMs', 'ingress', 'order'] as const) this[column] = widened(this[column], new Float64Array(rows))
    for (const column of ['source', 'target'] as const) this[column] = widened(this[column], new Uint32Array(rows))
    for (const column of ['priority', 'isLive'] as const) this[column] = widened(this[column], new Uint8Array(rows))
    this.next = widened(this.next, new Int32Array(rows))
    this.#lower = widened(this.#lower, new Int32Array(rows))
    this.#higher = widened(this.#higher, new Int32Array(rows))
  }
}

function widened<Column extends Float64Array | Uint32Array | Int32Array | Uint8Array> (column: Column, wider: Column): Column {
  wider.set(column)
  return wider
}

/** Offsets stay below 2^50, so lane and offset are one exact number. */
const laneFactor = 2 ** 50
export const ingressOf = (lane: number, ingressOffset: number): number => lane * laneFactor + ingressOffset
export const laneOf = (ingress: number): number => Math.floor(ingress / laneFactor)
export const deferralKey = (lane: number, ingressOffset: number): string => `${lane}/${ingressOffset}`
export const keyOfIngress = (ingress: number): string => deferralKey(laneOf(ingress), ingress % laneFactor)

export function ingressOfKey (key: string): number | undefined {
  const [lane, offset, ...rest] = key.split('/').map(Number)
  return Number.isInteger(lane) && Number.isInteger(offset) && rest.length === 0 ? ingressOf(lane!, offset!) : undefined
}

/**
 * 53 bits of two FNV-1a hashes (Fowler, Noll, Vo) that begin apart. Two keys with the same number wait for each other
 * without need, and that is all that happens.
 */
export function orderOf (source: string, workflowId: string, priority: number): number {
  const key = `${source}|${workflowId}|${priority}`
  let high = 0x811c9dc5
  let low = 0xcbf29ce4
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code ^ (code >>> 8), 0x01000193)
  }
  return (high >>> 0) * 2 ** 21 + ((low >>> 0) & 0x1fffff)
}
