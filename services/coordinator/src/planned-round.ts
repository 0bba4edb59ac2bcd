// Collects the records of one round while its verdicts come in.
import type { AuditEvent, Codec } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { InputRecord, KeyedRecord, OutputRecord } from '@mesh/runtime'
import type { Admission } from './core/admission.ts'
import { orderOf } from './core/deferred-table.ts'
import { RoundView } from './core/round-view.ts'
import { storyKey, storyOf } from './core/story.ts'
import { evolve, type TaskState } from './core/task-state.ts'
import type { Verdict } from './core/verdict.ts'
import type { Decoded } from './decode.ts'
import type { Deferrals, Deferring, Due } from './deferrals.ts'
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
  readonly #options: PlannedRoundOptions
  readonly #outputs: OutputRecord[] = []
  readonly #changelog: KeyedRecord[] = []
  readonly #evolutions: Evolution[] = []
  readonly #deferring: Deferring[] = []
  readonly #released: Due[] = []
  /** Due times of what this round itself defers, by order. */
  readonly #behind = new Map<number, number>()
  /** How many of an order go on in this round. */
  readonly #goesOn = new Map<number, number>()

  constructor (state: TaskState, options: PlannedRoundOptions) {
    this.view = new RoundView(state)
    this.#options = options
  }

  get plan (): DispatchPlan {
    const tombstones = this.#released.map(({ key }) => ({ key, value: null }))
    return {
      outputs: this.#outputs, changelog: this.#changelog, deferred: [...this.#deferring.map(({ record }) => record), ...tombstones],
      evolutions: this.#evolutions, deferring: this.#deferring, released: this.#released
    }
  }

  /** Due time of the last one that waits in this order, be it since this round; undefined when none is left behind by it. */
  behindDueMs (source: string, workflowId: string, priority: number): number | undefined {
    const order = orderOf(source, workflowId, priority)
    const waiting = this.#options.deferrals.waiting(order)
    const isLeft = waiting !== undefined && waiting.count > (this.#goesOn.get(order) ?? 0)
    return this.#behind.get(order) ?? (isLeft ? waiting.lastDueMs : undefined)
  }

  add (verdict: Verdict, record?: InputRecord, decoded?: Decoded): void {
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
    this.#released.push(due)
    const { source, workflowId, priority } = due.deferral.event
    const order = orderOf(source!, workflowId!, priority!)
    this.#goesOn.set(order, (this.#goesOn.get(order) ?? 0) + 1)
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

  #deadLetterRecord (record: InputRecord, { code, message }: { code: string, message: string }, event: AuditEvent): OutputRecord {
    const { topic, partition, offset, key, value } = record
    const bytes = this.#options.codec.encode('DeadLetter', { ingress: { topic, partition, offset }, code, message, atMs: event.atMs, key, value })
    return { topic: this.#options.names.deadLetter, partition: this.#options.task, key: event.eventId, value: bytes }
  }
}

/** Only the trace context travels on; other headers are the source's own business. */
function traceHeaders ({ headers }: InputRecord): Pick<OutputRecord, 'headers'> {
  const { traceparent, tracestate } = headers
  if (traceparent === undefined || Array.isArray(traceparent)) return {}
  return { headers: { traceparent, ...tracestate !== undefined && !Array.isArray(tracestate) ? { tracestate } : {} } }
}
