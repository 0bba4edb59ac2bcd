// One task of the coordinator: its state, and a round of records turned into records.
//
// Invariants:
//   K1. `plan` decides on a view laid over the state; the state changes only in `applied` and while restoring.
//   K2. The audit topic is the changelog: every event that changes the state is one record there, in the order decided.
//   K3. Quotas are asked once a round for all that would be let through, and again only for what became so meanwhile; asked
//       again about a position they answer the same.
import { type QuotaStore, quotaFor, type SlotAnswer, type SlotRequest } from '@mesh/quota-store'
import type { AgentRegistration, AuditEvent, Codec, Position } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { InputRecord, LowWater, Produced, Restored, RestoredRecord, RoundPlan, TaskLogic } from '@mesh/runtime'
import { type Admission, conclude, isAdmission } from './core/admission.ts'
import { decideCleared } from './core/clearing.ts'
import type { ControlState } from './core/control.ts'
import { decide, holdOf } from './core/decide.ts'
import { decideDue, decideReread, isReread } from './core/due.ts'
import { evolve } from './core/evolve.ts'
import type { ClaimPolicy } from './core/priority-claims.ts'
import type { Episode } from './core/quota.ts'
import { decideRelease } from './core/release.ts'
import type { Ingress } from './core/ingress.ts'
import { restateEvents } from './core/restating.ts'
import type { SeenBounds } from './core/seen-window.ts'
import { TaskState } from './core/task-state.ts'
import { refuse, refuseUnreadable, type Rules, type Verdict } from './core/verdict.ts'
import type { Decoded, DecodeRecord } from './decode.ts'
import type { Deferrals, Deferring, Gone } from './deferrals.ts'
import type { IngressValues } from './ingress-values.ts'
import { PlannedRound } from './planned-round.ts'

/** Due requests and restated entries that one round takes at most; the rest wait for the next round. */
const dueMax = 200
/** Questions to the quota that one round makes at most; who is left unasked then is refused, retriably. */
const questionsMax = 3
const unaskedRetryMs = 1_000
const forgetEvery = 4_096
/** How soon an episode that should be over and isn't is asked about again. */
const episodeLookMs = { least: 50, most: 5_000 }

/** What `evolve` needs of one changelog record, so that it isn't decoded again. */
export interface Evolution {
  readonly event: AuditEvent
  readonly earlier: readonly AuditEvent[]
  readonly eventsDropped: number
}

export interface DispatchPlan extends RoundPlan {
  readonly evolutions: readonly Evolution[]
  readonly deferring: readonly Deferring[]
  /** What no longer waits: it went on, or was withdrawn. */
  readonly gone: readonly Gone[]
  /** Where records were read again for this round. */
  readonly reread: readonly Position[]
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
  readonly claimPolicy: ClaimPolicy
  readonly quotas: Pick<QuotaStore, 'reserve' | 'episode'>
  readonly deferrals: Deferrals
  readonly ingressValues: IngressValues
  readonly onDecided: (event: AuditEvent) => void
  readonly onDeferred: (task: number, records: number) => void
}

/** What a round decides about, and what was asked for it. */
interface Gathered {
  readonly records: readonly InputRecord[]
  readonly decoded: readonly Decoded[]
  readonly slots: ReadonlyMap<Ingress, SlotAnswer>
  readonly cleared: readonly Episode[]
}

export class DispatchTask implements TaskLogic<DispatchPlan> {
  readonly #options: DispatchTaskOptions
  readonly #state: TaskState
  /** When each source's episode is to be asked about again; it is told by the quota and forgotten with this object. */
  readonly #episodeLooks = new Map<string, number>()
  #changelogNextOffset = 0
  /** Next offset of each input, as the folded events say. */
  readonly #taken = new Map<string, number>()
  #folded = 0
  /** Offset of this owner's claim: whoever owns the task later has a higher one. */
  #owner = 0
  #nowMs = 0

  constructor (options: DispatchTaskOptions) {
    this.#options = options
    this.#state = new TaskState(options.names.dispatchAll.length, options.seenBounds)
  }

  restoreChangelog (record: RestoredRecord): void {
    if (record.value === null) return
    const { events, eventsDropped } = this.#options.codec.decode('AuditStory', record.value)
    const event = events.at(-1)
    if (event !== undefined) evolve(this.#state, event, events.slice(0, -1), eventsDropped, record.offset)
    for (const { ingress: { topic, offset } } of events) if (offset >= (this.#taken.get(topic) ?? 0)) this.#taken.set(topic, offset + 1)
    // Where the group's offsets were lost the fold begins at the beginning, and memory must not hold all of it.
    if (++this.#folded % forgetEvery === 0) this.#state.forgetOld(record.offset + 1)
  }

  restoreDeferred (record: RestoredRecord): void { this.#options.deferrals.restore(record) }

  restored (at: { nowMs: number, changelogStartOffset: number, changelogNextOffset: number, deferredNextOffset: number }): Restored {
    this.#nowMs = at.nowMs
    this.#changelogNextOffset = at.changelogNextOffset
    this.#owner = at.changelogNextOffset - 1
    const { deferrals, task, onDeferred } = this.#options
    deferrals.restored(at.deferredNextOffset)
    onDeferred(task, deferrals.size)
    if (at.changelogStartOffset > 0) this.#state.restoredPartially()
    // As after a round: a fold that began too early brought back what was forgotten, and the marks with it.
    this.#state.forgetOld(this.#changelogNextOffset)
    return { inputs: this.#taken, marks: this.#marks() }
  }

  async plan (records: readonly InputRecord[], clockMs: number): Promise<DispatchPlan> {
    // Nothing is decided before it was appended, however far the clock's estimate lags.
    const nowMs = this.#nowMs = records.reduce((latest, { appendedAtMs }) => Math.max(latest, appendedAtMs), clockMs)
    const rules = this.#rules(nowMs)
    const decoded = records.map(this.#options.decode)
    const cleared = await this.#clearedEpisodes(nowMs)
    let asked = decoded.map(({ ingress }) => decide(ingress, this.#state, rules)).filter(isAdmission)
    for (let questions = 1; ; questions++) {
      const slots = await this.#reserve(asked, nowMs)
      const round = new PlannedRound(this.#state, this.#options)
      this.#fill(round, { records, decoded, slots, cleared }, rules)
      // Control state moves on while the quota is asked, and a round may itself make known what a record of it builds on.
      if (round.unasked.length === 0 || questions === questionsMax) return round.plan
      asked = [...asked, ...round.unasked]
    }
  }

  #fill (round: PlannedRound, { records, decoded, slots, cleared }: Gathered, rules: Rules): void {
    for (const id of this.#state.dueIds(rules.context.nowMs, dueMax)) this.#due(round, id, rules)
    for (const episode of cleared) round.add(decideCleared(episode, rules))
    this.#release(round, rules)
    for (const [i, record] of records.entries()) this.#admit(round, record, decoded[i]!, slots, rules)
    for (const event of restateEvents(this.#state, this.#changelogNextOffset, dueMax, rules.context)) round.record(event)
  }

  #due (round: PlannedRound, id: string, rules: Rules): void {
    const pending = round.view.pending(id)
    if (pending === undefined) return
    const step = decideDue(id, pending, round.view, rules)
    if (!isReread(step)) return round.add(step)
    const found = this.#options.ingressValues.get(step.position)
    // It is being read; a later round finds it.
    if (found === undefined) return
    round.reread.push(step.position)
    round.add(decideReread(id, pending, found === 'gone' ? found : found.ingress, round.view, rules), undefined, found === 'gone' ? undefined : found)
  }

  /** One question for all that would be let through. */
  async #reserve (admissions: readonly Admission[], nowMs: number): Promise<Map<Ingress, SlotAnswer>> {
    if (admissions.length === 0) return new Map()
    const { task, quotas } = this.#options
    const answers = await quotas.reserve(task, this.#owner, admissions.map(admission => this.#question(admission, nowMs)))
    return new Map(admissions.map(({ ingress }, i) => [ingress, answers[i]!]))
  }

  #question ({ ingress: { facts: { lane, position } }, source, priority, deadlineAtMs }: Admission, nowMs: number): SlotRequest {
    const isUrgent = priority === 0
    const behindMs = (this.#options.deferrals.lastDueMs(source.name, isUrgent) ?? nowMs) - nowMs
    return {
      lane, offset: position.offset, source: source.name, isUrgent, limits: this.#limitsOf(source),
      // A slot at the deadline itself is too late.
      delayMsMax: deadlineAtMs === null ? null : Math.max(0, deadlineAtMs - nowMs - 1), behindMs: Math.max(0, behindMs)
    }
  }

  #admit (round: PlannedRound, record: InputRecord, decoded: Decoded, slots: ReadonlyMap<Ingress, SlotAnswer>, rules: Rules): void {
    const step = decide(decoded.ingress, round.view, rules)
    round.add(isAdmission(step) ? this.#conclude(round, step, slots, rules) : step, record, decoded)
  }

  #conclude (round: PlannedRound, admission: Admission, slots: ReadonlyMap<Ingress, SlotAnswer>, rules: Rules): Verdict {
    const { ingress, source, priority } = admission
    const slot = slots.get(ingress)
    if (slot === undefined) {
      round.unasked.push(admission)
      return refuse(ingress, { code: 'QUOTA_BACKLOG_FULL', message: 'its quota could not be asked in time; send again', retryAfterMs: unaskedRetryMs }, rules)
    }
    const behindDueMs = round.behindDueMs(source.name, ingress.dispatch.workflowId, priority)
    return conclude(admission, { slot, limits: this.#limitsOf(source), behindDueMs }, rules)
  }

  #limitsOf ({ name, role }: AgentRegistration) { return quotaFor(name, role, this.#options.control.quotas) }

  #release (round: PlannedRound, rules: Rules): void {
    const { control, deferrals, codec } = this.#options
    const { nowMs } = rules.context
    const isHeld = (name: string, priority: number) => {
      const target = control.agents.get(name)?.registration
      return target !== undefined && holdOf(target, priority, control.pressure, nowMs) !== undefined
    }
    for (const due of deferrals.due(nowMs, isHeld)) {
      const { event, dispatch } = due.deferral
      round.release(due, decideRelease(event, codec.decode('Dispatch', dispatch.body), round.view, rules))
    }
  }

  /** Episodes that are over, as far as the quota knows; the others are asked about again later. */
  async #clearedEpisodes (nowMs: number): Promise<Episode[]> {
    const { control, quotas } = this.#options
    const cleared: Episode[] = []
    for (const episode of this.#state.episodes.values()) {
      const { source, id } = episode
      if ((this.#episodeLooks.get(source) ?? episode.clearsAtMs) > nowMs) continue
      const role = control.agents.get(source)?.registration.role ?? ''
      const { isCleared, clearsInMs } = await quotas.episode(source, id, quotaFor(source, role, control.quotas))
      if (isCleared) cleared.push(episode)
      this.#episodeLooks.set(source, nowMs + Math.min(episodeLookMs.most, Math.max(episodeLookMs.least, clearsInMs)))
    }
    return cleared
  }

  applied (plan: DispatchPlan, produced: Produced): LowWater {
    let offset = produced.changelogBaseOffset
    for (const { event, earlier, eventsDropped } of plan.evolutions) {
      evolve(this.#state, event, earlier, eventsDropped, offset++)
      if (event.decision === 'cleared') this.#episodeLooks.delete(event.source!)
      // Read by the time that its next attempt is due.
      if (event.decision === 'retried') this.#options.ingressValues.want((earlier[0] ?? event).ingress)
      this.#options.onDecided(event)
    }
    if (plan.evolutions.length > 0) this.#changelogNextOffset = offset
    this.#state.forgetOld(this.#changelogNextOffset)
    const { deferrals, task, onDeferred, ingressValues } = this.#options
    for (const position of plan.reread) ingressValues.forget(position)
    deferrals.applied(plan.gone, plan.deferring, plan.deferred.length, produced.deferredBaseOffset, this.#nowMs)
    if (plan.deferred.length > 0) onDeferred(task, deferrals.size)
    return this.#marks()
  }

  #marks (): LowWater {
    return { changelogOffset: Math.min(this.#state.lowestOffset(), this.#changelogNextOffset), deferredOffset: this.#options.deferrals.lowestOffset() }
  }

  nextDueMs (): number | undefined {
    const looks = [...this.#state.episodes.values()].map(({ source, clearsAtMs }) => this.#episodeLooks.get(source) ?? clearsAtMs)
    const nextMs = Math.min(this.#state.nextDueMs() ?? Infinity, this.#options.deferrals.nextDueMs(this.#nowMs) ?? Infinity, ...looks)
    return nextMs === Infinity ? undefined : nextMs
  }

  poisoned (record: InputRecord, error: Error): DispatchPlan {
    const decoded = this.#options.decode(record)
    const round = new PlannedRound(this.#state, this.#options)
    const message = `processing failed again and again: ${error.name}`
    round.add(refuseUnreadable(decoded.ingress, { code: 'POISON', message }, this.#rules(record.appendedAtMs)), record, decoded)
    return round.plan
  }

  #rules (nowMs: number): Rules {
    const { control, names, task, taskCount, decidedBy, payloadHashKeyId, claimPolicy } = this.#options
    return { control, names, claimPolicy, context: { nowMs, task, taskCount, decidedBy, payloadHashKeyId, controlOffset: control.appliedOffset } }
  }
}
