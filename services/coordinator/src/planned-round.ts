// Collects the records of one round while its verdicts come in.
import type { AuditEvent, Codec, Position } from '@mesh/schemas'
import { defaults, type TopicNames } from '@mesh/topics'
import type { InputRecord, KeyedRecord, OutputRecord } from '@mesh/runtime'
import type { Admission } from './core/admission.ts'
import { deferralKey, orderOf } from './core/deferred-table.ts'
import { RoundView } from './core/round-view.ts'
import { storyKey, storyOf } from './core/story.ts'
import { evolve } from './core/evolve.ts'
import type { TaskState } from './core/task-state.ts'
import type { DeadLetterOut, Verdict, Withdrawal } from './core/verdict.ts'
import type { Decoded } from './decode.ts'
import type { Deferrals, Deferring, Due, Gone } from './deferrals.ts'
import type { DispatchPlan, Evolution } from './dispatch-task.ts'

export interface PlannedRoundOptions {
  readonly task: number
  readonly names: TopicNames
  readonly codec: Codec
  readonly deferrals: Deferrals
}

export class PlannedRound {
  readonly view: RoundView
  /** What would be let through and has no answer of its quota yet. */
  readonly unasked: Admission[] = []
  /** Where records were read again for it. */
  readonly reread: Position[] = []
  readonly #options: PlannedRoundOptions
  readonly #outputs: OutputRecord[] = []
  readonly #changelog: KeyedRecord[] = []
  readonly #evolutions: Evolution[] = []
  readonly #deferring: Deferring[] = []
  readonly #gone: Gone[] = []
  /** Due times of what this round itself defers, by order. */
  readonly #behind = new Map<number, number>()
  /** How many of an order wait no longer after this round. */
  readonly #goneOf = new Map<number, number>()

  constructor (state: TaskState, options: PlannedRoundOptions) {
    this.view = new RoundView(state)
    this.#options = options
  }

  get plan (): DispatchPlan {
    const tombstones = this.#gone.map(({ key }) => ({ key, value: null }))
    return {
      outputs: this.#outputs, changelog: this.#changelog, deferred: [...this.#deferring.map(({ record }) => record), ...tombstones],
      evolutions: this.#evolutions, deferring: this.#deferring, gone: this.#gone, reread: this.reread
    }
  }

  /** Due time of the last one that waits in this order, be it since this round; undefined when none is left behind by it. */
  behindDueMs (source: string, workflowId: string, priority: number): number | undefined {
    const order = orderOf(source, workflowId, priority)
    const waiting = this.#options.deferrals.waiting(order)
    const isLeft = waiting !== undefined && waiting.count > (this.#goneOf.get(order) ?? 0)
    return this.#behind.get(order) ?? (isLeft ? waiting.lastDueMs : undefined)
  }

  add (given: Verdict, record?: InputRecord, decoded?: Decoded): void {
    const { withdrawal } = given
    const verdict = withdrawal === undefined || this.#withdraws(withdrawal) ? given : withdrawal.otherwise
    this.#addEvents(verdict)
    const { codec } = this.#options
    const { delivery, deferral, deadLetter } = verdict
    if (delivery !== undefined) this.#deliver(delivery, codec.encode('Delivery', { dispatch: decoded!.signed!, decision: delivery.decision }), record)
    if (deferral !== undefined) this.#defer(deferral.key, deferral.dueAtMs, verdict.events[0]!, decoded!)
    if (deadLetter !== undefined && record !== undefined) this.#outputs.push(this.#deadLetterRecord(record, deadLetter, verdict.events[0]!))
  }

  release (due: Due, verdict: Verdict): void {
    this.#addEvents(verdict)
    const { delivery } = verdict
    if (delivery !== undefined) {
      this.#deliver(delivery, this.#options.codec.encode('Delivery', { dispatch: due.deferral.dispatch, decision: delivery.decision }))
    }
    const { source, workflowId, priority } = due.deferral.event
    this.#goes(due, orderOf(source!, workflowId!, priority!))
  }

  #withdraws ({ source, workflowId, priority, lane, ingressOffset }: Withdrawal): boolean {
    const key = deferralKey(lane, ingressOffset)
    const deferring = this.#deferring.findIndex(({ record }) => record.key === key)
    if (deferring >= 0) {
      this.#deferring.splice(deferring, 1)
      return true
    }
    const order = orderOf(source, workflowId, priority)
    const gone = this.#options.deferrals.find(order, lane, ingressOffset)
    if (gone === undefined) return false
    this.#goes(gone, order)
    return true
  }

  #goes (gone: Gone, order: number): void {
    this.#gone.push({ row: gone.row, key: gone.key })
    this.#goneOf.set(order, (this.#goneOf.get(order) ?? 0) + 1)
  }

  record (event: AuditEvent, before: readonly AuditEvent[] = []): void {
    const key = storyKey(event, this.view, before)
    const story = storyOf(event, this.view, before)
    this.#changelog.push({ key, value: this.#options.codec.encode('AuditStory', story) })
    const evolution = { event, earlier: story.events.slice(0, -1), eventsDropped: story.eventsDropped }
    this.#evolutions.push(evolution)
    evolve(this.view, event, evolution.earlier, evolution.eventsDropped, Number.MAX_SAFE_INTEGER)
  }

  #addEvents ({ events, earlier, notices }: Verdict): void {
    for (const [i, event] of events.entries()) this.record(event, i === 0 ? earlier : undefined)
    for (const { topic, partition, notice } of notices ?? []) {
      this.#outputs.push({ topic, partition, key: notice.dispatchId, value: this.#options.codec.encode('Notice', notice) })
    }
  }

  #deliver ({ topic, partition, key }: NonNullable<Verdict['delivery']>, value: Buffer, record?: InputRecord): void {
    this.#outputs.push({ topic, partition, key, value, ...record === undefined ? {} : traceHeaders(record) })
  }

  #defer (key: string, dueAtMs: number, event: AuditEvent, { signed }: Decoded): void {
    const deferral = { dueAtMs, event, dispatch: signed! }
    this.#deferring.push({ deferral, record: { key, value: this.#options.codec.encode('Deferral', deferral) } })
    this.#behind.set(orderOf(event.source!, event.workflowId!, event.priority!), dueAtMs)
  }

  #deadLetterRecord (record: InputRecord, { code, message, passedOn }: DeadLetterOut, event: AuditEvent): OutputRecord {
    const { topic, partition, offset, key } = record
    const { dispatchId, workflowId, source, target, capability, priority, atMs, attempt } = passedOn?.event ?? event
    const bytes = this.#options.codec.encode('DeadLetter', {
      ingress: { topic, partition, offset }, code, message, atMs, key, value: passedOn?.value ?? record.value,
      dispatchId, workflowId, source, target, capability, priority, attempt: passedOn === undefined ? 0 : attempt
    })
    return { topic: this.#options.names.deadLetter, partition: this.#options.task % defaults.deadLetterPartitions, key: event.eventId, value: bytes }
  }
}

/** Only the trace context travels on; other headers are the source's own business. */
function traceHeaders ({ headers }: InputRecord): Pick<OutputRecord, 'headers'> {
  const { traceparent, tracestate } = headers
  if (traceparent === undefined || Array.isArray(traceparent)) return {}
  return { headers: { traceparent, ...tracestate !== undefined && !Array.isArray(tracestate) ? { tracestate } : {} } }
}
