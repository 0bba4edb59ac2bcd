// The deferred dispatches of one task: what waits, what is near its time, and what may go on in this round.
import type { Codec, Deferral, Selected } from '@mesh/schemas'
import type { KeyedRecord, RestoredRecord } from '@mesh/runtime'
import { DeferredQueue, type IsHeld } from './core/deferred-queue.ts'
import { deferralKey, ingressOf, keyOfIngress } from './core/deferred-table.ts'
import type { DeferredValues } from './deferred-values.ts'

/** One that waits no longer. */
export interface Gone {
  readonly row: number
  /** Key of its record on mesh.deferred. */
  readonly key: string
}

export interface Due extends Gone {
  readonly deferral: Deferral
}

/** One that this round defers, with its record. */
export interface Deferring {
  readonly deferral: Deferral
  readonly record: KeyedRecord
}

/** What a row holds. Half a million are folded at a restart: the rest of a deferral is passed over, and read when it goes on. */
const rowFields = {
  dueAtMs: true,
  event: { source: true, target: true, workflowId: true, priority: true, claimedPriority: true, deadlineAtMs: true, ingress: { offset: true } }
} as const

/** Payloads are read this long before they are due; what is due so soon after is read with them, so that reads are few. */
const readAheadMs = 1_000
const readTogetherMs = 2_000
const readAheadRows = 500
/** What is due sooner than this is kept as it was written, and need not be read again. */
const keptMs = 5_000
const releasedMax = 200
const releasedBytesMax = 256 * 1_024
/** What is held back is looked at this often; control state says nothing when it changes. */
const parkedLookMs = 200
const lookAheadMs = 200
/** What is due and isn't there is asked for at once; this often, where reads fail. */
const lookAgainMs = 20

export class Deferrals {
  readonly #queue = new DeferredQueue()
  readonly #values: DeferredValues
  readonly #readRow: (value: Buffer) => Selected<Deferral, typeof rowFields>
  #nextOffset = 0
  #lookedAheadAtMs = -Infinity

  constructor (values: DeferredValues, codec: Codec) {
    this.#values = values
    this.#readRow = codec.selecting('Deferral', rowFields)
  }

  get size (): number { return this.#queue.size }

  restore ({ key, value, offset }: RestoredRecord): void {
    if (value === null) this.#queue.forget(key)
    else this.#put(this.#readRow(value), offset)
  }

  restored (nextOffset: number): void {
    this.#nextOffset = nextOffset
    this.#queue.restored()
  }

  /** What waits of a source, workflow and class, by its order number. */
  waiting (order: number): { readonly count: number, readonly lastDueMs: number } | undefined { return this.#queue.waiting(order) }

  /** Until when the last one of a source waits here, of P0 or of the rest. */
  lastDueMs (source: string, isUrgent: boolean): number | undefined { return this.#queue.lastDueMs(source, isUrgent) }

  /** The one that came in there, of this order; undefined where it isn't near the order's beginning. */
  find (order: number, lane: number, ingressOffset: number): Gone | undefined {
    const row = this.#queue.find(order, ingressOf(lane, ingressOffset))
    return row === undefined ? undefined : { row, key: deferralKey(lane, ingressOffset) }
  }

  /** What may go on now and has been read; the rest of what is due soon begins to be read. */
  due (nowMs: number, isHeld: IsHeld): Due[] {
    if (this.#queue.size === 0) return []
    this.#queue.schedule(nowMs, isHeld)
    const due: Due[] = []
    const waitsToBeRead = new Set<number>()
    let bytes = 0
    for (const row of this.#queue.due(nowMs, releasedMax)) {
      const order = this.#queue.orderOf(row)
      const deferral = this.#values.get(this.#queue.offsetOf(row))
      // What is behind one that is not read yet stays behind it.
      if (deferral === undefined) waitsToBeRead.add(order)
      if (deferral === undefined || waitsToBeRead.has(order)) continue
      bytes += deferral.dispatch.body.length
      due.push({ row, key: keyOfIngress(this.#queue.ingressOf(row)), deferral })
      if (bytes > releasedBytesMax) break
    }
    this.#lookAhead(nowMs, waitsToBeRead.size > 0 ? lookAgainMs : lookAheadMs)
    return due
  }

  #lookAhead (nowMs: number, pauseMs: number): void {
    if (this.#values.isReading || nowMs - this.#lookedAheadAtMs < pauseMs) return
    this.#lookedAheadAtMs = nowMs
    if (this.#offsetsDueBy(nowMs + readAheadMs).every(offset => this.#values.has(offset))) return
    this.#values.want(this.#offsetsDueBy(nowMs + readTogetherMs))
  }

  #offsetsDueBy (untilMs: number): number[] { return this.#queue.due(untilMs, readAheadRows).map(row => this.#queue.offsetOf(row)) }

  applied (gone: readonly Gone[], deferring: readonly Deferring[], recordsWritten: number, baseOffset: number, nowMs: number): void {
    for (const { row } of gone) {
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
    const wakeMs = dueMs - readAheadMs > nowMs ? dueMs - readAheadMs : dueMs
    return Math.min(wakeMs, this.#queue.parkedCount > 0 ? nowMs + parkedLookMs : Infinity)
  }

  #put ({ dueAtMs, event }: Selected<Deferral, typeof rowFields>, offset: number): void {
    const [lane, ingressOffset] = [event.claimedPriority ?? event.priority!, event.ingress.offset]
    this.#queue.put({
      offset, dueMs: dueAtMs, deadlineMs: event.deadlineAtMs ?? Infinity, priority: event.priority!, lane, ingressOffset,
      source: event.source!, target: event.target!, workflowId: event.workflowId!
    })
  }
}
