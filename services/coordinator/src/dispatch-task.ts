// One task of the coordinator: its state, and a round of records turned into records.
//
// Invariants:
//   K1. `plan` decides on a view laid over the state; the state changes only in `applied` and while restoring.
//   K2. The audit topic is the changelog: every event that changes the state is one record there, in the order decided.
import type { AuditEvent, Codec } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from '@mesh/runtime'
import type { ControlState } from './core/control.ts'
import { decide, decideDue } from './core/decide.ts'
import { RoundView } from './core/round-view.ts'
import { restateEvents } from './core/restating.ts'
import type { SeenBounds } from './core/seen-window.ts'
import { storyKey, storyOf } from './core/story.ts'
import { evolve, TaskState } from './core/task-state.ts'
import { refuseUnreadable, type Rules, type Verdict } from './core/verdict.ts'
import type { Decoded, DecodeRecord } from './decode.ts'

/** Due requests and restated entries that one round takes at most; the rest wait for the next round. */
const dueMax = 200

/** What `evolve` needs of one changelog record, so that it isn't decoded again. */
interface Evolution {
  readonly event: AuditEvent
  readonly earlier: readonly AuditEvent[]
  readonly eventsDropped: number
}

export interface DispatchPlan extends RoundPlan {
  readonly evolutions: readonly Evolution[]
}

export interface DispatchTaskOptions {
  readonly task: number
  readonly taskCount: number
  readonly decidedBy: string
  readonly names: TopicNames
  readonly codec: Codec
  readonly decode: DecodeRecord
  readonly control: ControlState
  readonly payloadHashKeyId: string
  readonly seenBounds: SeenBounds
  readonly onDecided: (event: AuditEvent) => void
}

export class DispatchTask implements TaskLogic<DispatchPlan> {
  readonly #options: DispatchTaskOptions
  readonly #state: TaskState
  #changelogNextOffset = 0
  #deferredNextOffset = 0

  constructor (options: DispatchTaskOptions) {
    this.#options = options
    this.#state = new TaskState(options.names.dispatchAll.length, options.seenBounds)
  }

  restoreChangelog (record: RestoredRecord): void {
    if (record.value === null) return
    const { events, eventsDropped } = this.#options.codec.decode('AuditStory', record.value)
    const event = events.at(-1)
    if (event !== undefined) evolve(this.#state, event, events.slice(0, -1), eventsDropped, record.offset)
  }

  restoreDeferred (): void { /* nothing is deferred yet: no rule defers */ }

  restored (at: { changelogStartOffset: number, changelogNextOffset: number, deferredNextOffset: number }): void {
    this.#changelogNextOffset = at.changelogNextOffset
    this.#deferredNextOffset = at.deferredNextOffset
    if (at.changelogStartOffset > 0) this.#state.restoredPartially()
  }

  plan (records: readonly InputRecord[], clockMs: number): DispatchPlan {
    // Nothing is decided before it was appended, however far the clock's estimate lags.
    const nowMs = records.reduce((latest, { appendedAtMs }) => Math.max(latest, appendedAtMs), clockMs)
    const rules = this.#rules(nowMs)
    const round = new PlannedRound(this.#state, this.#options)
    for (const id of this.#state.dueIds(nowMs, dueMax)) round.add(decideDue(id, this.#state.pending(id)!, rules))
    for (const record of records) {
      const decoded = this.#options.decode(record)
      round.add(decide(decoded.ingress, round.view, rules), record, decoded)
    }
    for (const event of restateEvents(this.#state, this.#changelogNextOffset, dueMax, rules.context)) round.record(event)
    return round.plan
  }

  applied (plan: DispatchPlan, produced: Produced): LowWater {
    let offset = produced.changelogBaseOffset
    for (const { event, earlier, eventsDropped } of plan.evolutions) {
      evolve(this.#state, event, earlier, eventsDropped, offset++)
      this.#options.onDecided(event)
    }
    if (plan.evolutions.length > 0) this.#changelogNextOffset = offset
    this.#state.forgetOld(this.#changelogNextOffset)
    return { changelogOffset: Math.min(this.#state.lowestOffset(), this.#changelogNextOffset), deferredOffset: this.#deferredNextOffset }
  }

  nextDueMs (): number | undefined { return this.#state.nextDueMs() }

  poisoned (record: InputRecord, error: Error): DispatchPlan {
    const decoded = this.#options.decode(record)
    const round = new PlannedRound(this.#state, this.#options)
    const message = `processing failed again and again: ${error.name}`
    round.add(refuseUnreadable(decoded.ingress, { code: 'POISON', message }, this.#rules(record.appendedAtMs)), record, decoded)
    return round.plan
  }

  #rules (nowMs: number): Rules {
    const { control, names, task, taskCount, decidedBy, payloadHashKeyId } = this.#options
    return { control, names, context: { nowMs, task, taskCount, decidedBy, payloadHashKeyId, controlOffset: control.appliedOffset } }
  }
}

/** Collects the records of one round while its verdicts come in. */
class PlannedRound {
  readonly view: RoundView
  readonly #options: DispatchTaskOptions
  readonly #outputs: OutputRecord[] = []
  readonly #changelog: KeyedRecord[] = []
  readonly #evolutions: Evolution[] = []

  constructor (state: TaskState, options: DispatchTaskOptions) {
    this.view = new RoundView(state)
    this.#options = options
  }

  get plan (): DispatchPlan {
    return { outputs: this.#outputs, changelog: this.#changelog, deferred: [], evolutions: this.#evolutions }
  }

  add (verdict: Verdict, record?: InputRecord, decoded?: Decoded): void {
    for (const event of verdict.events) this.record(event)
    const { codec } = this.#options
    const { delivery, notice, deadLetter } = verdict
    if (delivery !== undefined) {
      const value = codec.encode('Delivery', { dispatch: decoded!.signed!, decision: delivery.decision })
      this.#outputs.push({ topic: delivery.topic, partition: delivery.partition, key: delivery.key, value, ...traceHeaders(record!) })
    }
    if (notice !== undefined) {
      this.#outputs.push({ topic: notice.topic, partition: notice.partition, key: notice.notice.dispatchId, value: codec.encode('Notice', notice.notice) })
    }
    if (deadLetter !== undefined && record !== undefined) this.#outputs.push(this.#deadLetterRecord(record, deadLetter, verdict.events[0]!))
  }

  record (event: AuditEvent): void {
    const key = storyKey(event, this.view)
    const story = storyOf(event, this.view)
    this.#changelog.push({ key, value: this.#options.codec.encode('AuditStory', story) })
    const evolution = { event, earlier: story.events.slice(0, -1), eventsDropped: story.eventsDropped }
    this.#evolutions.push(evolution)
    evolve(this.view, event, evolution.earlier, evolution.eventsDropped, Number.MAX_SAFE_INTEGER)
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
