// The rounds of one running task, one after the other: take, plan, send, apply, commit.
//
// Invariants:
//   R1. Rounds clock themselves: one begins when the last has committed, while there is anything to do that doesn't linger
//       (linger.ts). The only timer is the one of the next due time or of the linger's end, whichever is waited for.
//   R2. A round that fails after its transaction was begun ends the task: state, lanes and producers are thrown away
//       together (step 12). One that fails before has changed nothing, and is tried again here, smaller.
//   R3. Nothing is tried again hot: in place only while the search for a poison record gets nearer; all else starts the
//       task anew, with a backoff.
//   R4. `now` is the broker's time.
import { CodedError } from '../errors.ts'
import { afterCommit, afterFailure, roundOf, type Search } from './bisection.ts'
import type { BrokerClock } from './broker-clock.ts'
import { isTaskLost, messageOf, patienceWith, reasonOf, type TaskRoundErrorCode } from './failures.ts'
import type { Inputs } from './inputs.ts'
import type { Lanes } from './lanes.ts'
import { lingerMs } from './linger.ts'
import { type ResolvedOptions, roundBytesMax } from './options.ts'
import type { ProducerRotation } from './producer-rotation.ts'
import { nextRoom } from './round-room.ts'
import { productionOf, type Wave } from './production.ts'
import { TakePolicy } from './take-policy.ts'
import type { InputRecord, LowWater, Produced, RoundPlan, TaskLogic } from './task-logic.ts'
import type { Produced as Written } from '../transaction-requests.ts'
import { appendTimeOf, baseOffsetOf, offsetsOf } from './transactions.ts'

/** Outlives the task object, because a search goes on over the restarts that its own failures cause, and a slow machine stays slow. */
export interface SearchMemory {
  search: Search
  /** Records that a round may take; undefined for as many as configured. */
  room?: number
}

export interface RoundsPorts {
  readonly task: number
  readonly options: ResolvedOptions
  readonly logic: TaskLogic
  readonly producers: ProducerRotation
  readonly lanes: Lanes
  readonly clock: BrokerClock
  /** The marks from which this owner restored; the first round commits them again. */
  readonly marks: LowWater
  readonly inputs: Inputs
  readonly memory: SearchMemory
  /** Throws when the task is no longer ours. */
  readonly checkOwned: () => void
  readonly onCommitted: () => void
  readonly onFailed: (error: unknown) => void
}

interface Planned {
  readonly records: readonly InputRecord[]
  readonly plan: RoundPlan
  readonly waves: readonly Wave[]
}

/** Lane 0 counts as alive this long after its last record. */
const urgentAliveMs = 250
const wakeMsMax = 1_000
/** A logic that names a due time but plans nothing for it is not asked again at once. */
const idleWakeMsMin = 20

export class Rounds {
  readonly #ports: RoundsPorts
  readonly #takePolicy = new TakePolicy()
  #marks: LowWater
  #busy = false
  #stopped = false
  #running: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #urgentSeenMs = -Infinity
  #failure: Error = new Error('not failed')
  #committedMs = performance.now()

  constructor (ports: RoundsPorts) {
    this.#ports = ports
    this.#marks = ports.marks
  }

  get lastCommitAgeMs (): number { return performance.now() - this.#committedMs }

  urgentSeen (): void { this.#urgentSeenMs = performance.now() }

  pump (): void {
    if (this.#busy || this.#stopped) return
    clearTimeout(this.#timer)
    this.#busy = true
    this.#running = this.#run()
  }

  /** No further round begins; resolves when the one in hand has ended. */
  stop (): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    return this.#running
  }

  async #run (): Promise<void> {
    try {
      let wakeMsMin = 1
      let lingersMs = 0
      while (!this.#stopped && this.#hasWork()) {
        lingersMs = this.#lingersMs()
        if (lingersMs > 0) break
        if (await this.#round()) continue
        wakeMsMin = idleWakeMsMin
        break
      }
      if (this.#stopped) return
      if (lingersMs > 0) this.#wakeIn(lingersMs)
      else this.#wakeWhenDue(wakeMsMin)
    } catch (error) {
      this.#stopped = true
      this.#ports.onFailed(error)
    } finally {
      // In one go with the last look at the lanes: a record that comes later finds no round running, and begins one.
      this.#busy = false
    }
  }

  #lingersMs (): number {
    const { lanes, options, memory: { search } } = this.#ports
    if (search.step !== 'clear') return 0
    return lingerMs(lanes.waiting(), this.lastCommitAgeMs, { gapsMs: options.lingerGapsMs, recordsMin: options.urgentRecordsMax })
  }

  #hasWork (): boolean {
    const { lanes, logic, clock, memory: { search } } = this.#ports
    const wanted = roundOf(search)
    // What was suspected was in the lanes before, and comes again after a restart.
    if (wanted !== undefined) return lanes.holds(wanted)
    if (lanes.waiting().some(records => records > 0)) return true
    const dueMs = logic.nextDueMs()
    return dueMs !== undefined && dueMs <= clock.nowMs()
  }

  /** False when there was nothing to commit. */
  async #round (): Promise<boolean> {
    const startedMs = performance.now()
    const { memory } = this.#ports
    let records = this.#choose()
    let begun = false
    try {
      const planned = await this.#plan(records)
      records = planned.records
      if (records.length === 0 && planned.waves.length === 0 && memory.search.step === 'clear') return false
      begun = true
      await this.#commit(planned)
      this.#committed(planned, startedMs)
    } catch (error) {
      this.#failed(error, records, begun)
    }
    return true
  }

  get #room (): number { return this.#ports.memory.room ?? this.#ports.options.roundRecordsMax }

  #choose (): readonly InputRecord[] {
    const { lanes, options, clock, memory: { search } } = this.#ports
    const wanted = roundOf(search)
    if (wanted !== undefined) return lanes.peek(wanted, Infinity)
    const urgentAlive = performance.now() - this.#urgentSeenMs < urgentAliveMs
    const room = Math.min(this.#room, urgentAlive ? options.urgentRecordsMax : options.roundRecordsMax)
    return lanes.peek(this.#takePolicy.take(lanes.states(clock.nowMs()), room), roundBytesMax)
  }

  /** Plans as many of the records as their changelog fits in one batch. */
  async #plan (chosen: readonly InputRecord[]): Promise<Planned> {
    const { options, task } = this.#ports
    for (let records = chosen; ; records = records.slice(0, Math.ceil(records.length / 2))) {
      const plan = await this.#ask(() => this.#planOf(records))
      try {
        return { records, plan, waves: productionOf(plan, { ...options, task }) }
      } catch (error) {
        if (!(error instanceof CodedError && error.code === 'ROUND_TOO_LARGE') || records.length <= 1) throw error
      }
    }
  }

  #planOf (records: readonly InputRecord[]): RoundPlan | Promise<RoundPlan> {
    const { logic, clock, memory: { search } } = this.#ports
    return search.step === 'poison' ? logic.poisoned(records[0]!, this.#failure) : logic.plan(records, clock.nowMs())
  }

  async #ask<Answer> (question: () => Answer | Promise<Answer>): Promise<Answer> {
    try {
      return await question()
    } catch (error) {
      throw new CodedError<TaskRoundErrorCode>('LOGIC_FAILED', messageOf(error), { cause: error })
    }
  }

  async #commit ({ records, plan, waves }: Planned): Promise<void> {
    const { task, options, producers, checkOwned } = this.#ports
    checkOwned()
    const transaction = producers.begin()
    const inputs = new Map<string, number>()
    for (const { topic, offset } of records) inputs.set(topic, offset + 1)
    const written = await transaction.write(offsetsOf({ inputs, marks: this.#marks }, task, options), waves)
    await options.faults?.insideTransaction?.(task)
    const marks = await this.#ask(() => this.#apply(plan, written))
    await options.faults?.beforeCommit?.(task)
    await transaction.commit()
    await options.faults?.afterCommit?.(task)
    this.#marks = marks
  }

  #apply (plan: RoundPlan, written: readonly Written[]): LowWater {
    const { task, logic, clock, options: { changelogTopic, deferredTopic } } = this.#ports
    const appendedAtMs = appendTimeOf(written, changelogTopic)
    if (appendedAtMs !== undefined) clock.observe(appendedAtMs)
    const produced: Produced = {
      changelogBaseOffset: plan.changelog.length === 0 ? -1 : baseOffsetOf(written, changelogTopic, task),
      deferredBaseOffset: plan.deferred.length === 0 ? -1 : baseOffsetOf(written, deferredTopic, task),
      appendedAtMs: appendedAtMs ?? clock.nowMs()
    }
    return logic.applied(plan, produced)
  }

  #committed ({ records, plan }: Planned, startedMs: number): void {
    const { task, lanes, inputs, memory, options, onCommitted } = this.#ports
    const laneRecords = lanes.countsOf(records)
    memory.search = afterCommit(memory.search, laneRecords)
    lanes.consume(records)
    for (const lane of lanes.toResume()) inputs.resume(options.inputTopics[lane]!, task)
    this.#committedMs = performance.now()
    memory.room = nextRoom(this.#room, { records: records.length, durationMs: this.#committedMs - startedMs }, options)
    onCommitted()
    options.onRound?.({ task, records: records.length, laneRecords, outputs: plan.outputs.length, durationMs: this.#committedMs - startedMs })
  }

  #failed (error: unknown, records: readonly InputRecord[], begun: boolean): void {
    if (isTaskLost(error)) throw error
    const { lanes, memory, task, options: { logger } } = this.#ports
    this.#failure = error instanceof Error ? error : new Error(String(error))
    const { search } = memory
    memory.search = afterFailure(search, lanes.countsOf(records), patienceWith(error))
    const isNearer = memory.search !== search && records.length > 0
    const { topic, offset } = records[0] ?? {}
    const fields = { task, records: records.length, topic, offset, reason: reasonOf(error) }
    if (memory.search.step === 'poison') logger.error(fields, 'a record is set aside: it made its round fail again and again')
    else logger.warn(fields, 'a round failed')
    if (begun) memory.room = nextRoom(this.#room, { records: records.length, durationMs: Infinity }, this.#ports.options)
    if (begun || !isNearer) throw error
  }

  #wakeWhenDue (wakeMsMin: number): void {
    const { logic, clock } = this.#ports
    const dueMs = logic.nextDueMs()
    if (dueMs !== undefined) this.#wakeIn(Math.min(wakeMsMax, Math.max(wakeMsMin, dueMs - clock.nowMs())))
  }

  #wakeIn (waitMs: number): void { this.#timer = setTimeout(() => this.pump(), waitMs) }
}
