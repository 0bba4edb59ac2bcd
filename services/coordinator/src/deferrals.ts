// The deferred dispatches of one task: what waits, what is near its time, and what may go on in this round.
import type { Codec, Deferral } from '@mesh/schemas'
import type { KeyedRecord, RestoredRecord } from '@mesh/runtime'
import { DeferredQueue, type IsHeld } from './core/deferred-queue.ts'
import { keyOfIngress } from './core/deferred-table.ts'
import type { DeferredValues } from './deferred-values.ts'

export interface Due {
  readonly row: number
  /** Key of its record on mesh.deferred. */
  readonly key: string
  readonly deferral: Deferral
}

/** One that this round defers, with its record. */
export interface Deferring {
  readonly deferral: Deferral
  readonly record: KeyedRecord
}

/** Payloads are read this long before they are due. */
const horizonMs = 1_000
const horizonRows = 500
/** What is due sooner than this is kept as it was written, and need not be read again. */
const keptMs = 5_000
const releasedMax = 200
const releasedBytesMax = 256 * 1_024
/** What is held back is looked at this often; control state says nothing when it changes. */
const parkedLookMs = 200
const lookAheadMs = 50

export class Deferrals {
  readonly #queue = new DeferredQueue()
  readonly #values: DeferredValues
  readonly #codec: Codec
  #nextOffset = 0
  #lookedAheadAtMs = -Infinity

  constructor (values: DeferredValues, codec: Codec) {
    this.#values = values
    this.#codec = codec
  }

  get size (): number { return this.#queue.size }

  restore ({ key, value, offset }: RestoredRecord): void {
    if (value === null) this.#queue.forget(key)
    else this.#put(this.#codec.decode('Deferral', value), offset)
  }

  restored (nextOffset: number): void {
    this.#nextOffset = nextOffset
    this.#queue.restored()
  }

  /** What waits of a source, workflow and class, by its order number. */
  waiting (order: number): { readonly count: number, readonly lastDueMs: number } | undefined { return this.#queue.waiting(order) }

  /** Until when the last one of a source waits here, of P0 or of the rest. */
  lastDueMs (source: string, isUrgent: boolean): number | undefined { return this.#queue.lastDueMs(source, isUrgent) }

  /** What may go on now and has been read; the rest of what is due soon begins to be read. */
  due (nowMs: number, isHeld: IsHeld): Due[] {
    if (this.#queue.size === 0) return []
    this.#queue.schedule(nowMs, isHeld)
    this.#lookAhead(nowMs, isHeld)
    const due: Due[] = []
    const waitsToBeRead = new Set<number>()
    let bytes = 0
    for (const row of this.#queue.due(nowMs, isHeld, releasedMax)) {
      const order = this.#queue.orderOf(row)
      const deferral = this.#values.get(this.#queue.offsetOf(row))
      // What is behind one that is not read yet stays behind it.
      if (deferral === undefined) waitsToBeRead.add(order)
      if (deferral === undefined || waitsToBeRead.has(order)) continue
      bytes += deferral.dispatch.body.length
      due.push({ row, key: keyOfIngress(this.#queue.ingressOf(row)), deferral })
      if (bytes > releasedBytesMax) break
    }
    return due
  }

  #lookAhead (nowMs: number, isHeld: IsHeld): void {
    if (this.#values.isReading || nowMs - this.#lookedAheadAtMs < lookAheadMs) return
    this.#lookedAheadAtMs = nowMs
    this.#values.want(this.#queue.due(nowMs + horizonMs, isHeld, horizonRows).map(row => this.#queue.offsetOf(row)))
  }

  applied (released: readonly Due[], deferring: readonly Deferring[], recordsWritten: number, baseOffset: number, nowMs: number): void {
    for (const { row } of released) {
      this.#values.forget(this.#queue.offsetOf(row))
      this.#queue.remove(row)
    }
    deferring.forEach(({ deferral, record }, i) => {
      this.#put(deferral, baseOffset + i)
      if (deferral.dueAtMs <= nowMs + keptMs) this.#values.keep(baseOffset + i, record.value!)
    })
    if (recordsWritten > 0) this.#nextOffset = baseOffset + recordsWritten
  }

  lowestOffset (): number { return Math.min(this.#queue.lowestOffset(), this.#nextOffset) }

  /** When a round is wanted: at the next due time, and before it, so that it is read by then. */
  nextDueMs (nowMs: number): number | undefined {
    if (this.#queue.size === 0) return undefined
    const dueMs = this.#queue.nextDueMs() ?? Infinity
    const wakeMs = dueMs - horizonMs > nowMs ? dueMs - horizonMs : dueMs
    return Math.min(wakeMs, this.#queue.parkedCount > 0 ? nowMs + parkedLookMs : Infinity)
  }

  #put ({ dueAtMs, event }: Deferral, offset: number): void {
    const [lane, ingressOffset] = [event.claimedPriority ?? event.priority!, event.ingress.offset]
    this.#queue.put({
      offset, dueMs: dueAtMs, deadlineMs: event.deadlineAtMs ?? Infinity, priority: event.priority!, lane, ingressOffset,
      source: event.source!, target: event.target!, workflowId: event.workflowId!
    })
  }
}
