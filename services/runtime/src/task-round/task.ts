// One task of this process: from fencing to rounds.
//
// Invariants (numbers are the steps of the loop as it was proven under kills):
//   5.  All three transactional ids are fenced, in order, before anything is read.
//   6.  A claim record is committed with id 0: it proves ownership, and ends the restore with a real record.
//   7.  Only then are the committed offsets read.
//   8.  Changelog and deferred topic are folded from there up to the claim, and paused.
//   9.  Every input is sought to its committed offset and resumed.
//   11. A round's transaction holds its outputs, its changelog, its input offsets and both low-water marks.
//   12. On any error the running state is left before any await; the owner of this object throws it away whole.
import type { Batch, KafkaMessage } from 'kafkajs'
import type { Logger } from '../logger.ts'
import { afterFailure, afterSuccess, type Suspicion } from './bisection.ts'
import { BrokerClock } from './broker-clock.ts'
import { isRecordsFault, messageOf, TaskLost } from './failures.ts'
import { headerBytesOf } from './header-bytes.ts'
import type { Inputs } from './inputs.ts'
import { Lanes } from './lanes.ts'
import { laneBytesMax, type ResolvedOptions, roundBytesMax } from './options.ts'
import type { ProducerRotation } from './producer-rotation.ts'
import { Restore } from './restore.ts'
import { chooseTake, roomOf } from './take-policy.ts'
import type { InputRecord, RoundPlan, TaskLogic } from './task-logic.ts'
import { commitClaim, commitRound, planRound } from './transactions.ts'

export type TaskStatus = 'starting' | 'restoring' | 'running' | 'ended'

export interface TaskPorts {
  readonly inputs: Inputs
  readonly newProducers: (task: number) => ProducerRotation
  readonly committed: (task: number) => Promise<Map<string, number>>
  /** Whether this object is still the one that owns the task, and the process isn't stopping. */
  readonly isOwned: (task: Task) => boolean
  readonly onFailed: (task: Task, error: unknown) => void
  readonly suspicion: { get (task: number): Suspicion, set (task: number, suspicion: Suspicion): void }
  readonly logger: Logger
}

/** Lane 0 counts as alive this long after its last record. */
const urgentAliveMs = 250
const wakeMsMax = 1_000

export class Task {
  readonly index: number
  status: TaskStatus = 'starting'
  readonly #options: ResolvedOptions
  readonly #ports: TaskPorts
  readonly #logic: TaskLogic
  readonly #producers: ProducerRotation
  #restore: Restore | undefined
  #lanes: Lanes | undefined
  #clock: BrokerClock | undefined
  #pumping: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #urgentSeenMs = -Infinity

  constructor (index: number, options: ResolvedOptions, ports: TaskPorts) {
    this.index = index
    this.#options = options
    this.#ports = ports
    this.#logic = options.createLogic(index)
    this.#producers = ports.newProducers(index)
  }

  get bufferedRecords (): number { return this.#lanes?.waiting().reduce((sum, records) => sum + records, 0) ?? 0 }

  async start (): Promise<void> {
    const startedMs = performance.now()
    const { changelogTopic, deferredTopic, inputTopics, roundRecordsMax } = this.#options
    try {
      await this.#producers.fence(this.#checkOwned)
      const claim = await commitClaim(this.index, this.#producers, this.#options)
      this.#checkOwned()
      this.#clock = new BrokerClock(claim.appendedAtMs, () => performance.now())
      const offsets = await this.#ports.committed(this.index)
      this.#checkOwned()
      const changelogStartOffset = offsets.get(changelogTopic)!
      await this.#fold(claim.id, changelogStartOffset, offsets.get(deferredTopic)!)
      this.#logic.restored({
        nowMs: this.#clock.nowMs(), changelogStartOffset,
        changelogNextOffset: claim.changelogOffset + 1, deferredNextOffset: claim.deferredOffset + 1
      })
      this.#lanes = new Lanes(inputTopics, inputTopics.map(topic => offsets.get(topic)!), { recordsMax: 2 * roundRecordsMax, bytesMax: laneBytesMax })
      this.status = 'running'
      this.seekInputs()
      for (const topic of inputTopics) this.#ports.inputs.resume(topic, this.index)
      const restored = { task: this.index, ms: Math.round(performance.now() - startedMs), records: this.#restore!.recordsFolded }
      this.#ports.logger.info(restored, 'task is running')
      this.pump()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #fold (claim: string, changelogOffset: number, deferredOffset: number): Promise<void> {
    const { changelogTopic, deferredTopic } = this.#options
    const sources = { changelog: { topic: changelogTopic, startOffset: changelogOffset }, deferred: { topic: deferredTopic, startOffset: deferredOffset } }
    this.#restore = new Restore(claim, sources, this.#logic)
    this.status = 'restoring'
    for (const topic of [changelogTopic, deferredTopic]) {
      this.#ports.inputs.seek(topic, this.index, this.#restore.nextOffset(topic))
      this.#ports.inputs.resume(topic, this.index)
    }
    await this.#restore.done
    this.#checkOwned()
  }

  /** Puts every position and pause back as this task needs them; called after each join, before the next fetch. */
  rejoined (): void {
    const { inputs } = this.#ports
    const { changelogTopic, deferredTopic, inputTopics } = this.#options
    for (const topic of [changelogTopic, deferredTopic]) inputs.pause(topic, this.index)
    this.seekInputs()
    for (const [lane, topic] of inputTopics.entries()) {
      if (this.#lanes!.isPaused(lane)) inputs.pause(topic, this.index)
      else inputs.resume(topic, this.index)
    }
  }

  seekInputs (): void {
    for (const [lane, topic] of this.#options.inputTopics.entries()) this.#ports.inputs.seek(topic, this.index, this.#lanes!.nextOffset(lane))
  }

  /** Takes a fetched batch; false means that it must be fetched again. */
  take (batch: Batch): boolean {
    const lane = this.#options.inputTopics.indexOf(batch.topic)
    if (lane < 0) {
      if (this.status !== 'restoring') return false
      if (this.#restore!.take(batch.topic, batch.messages)) this.#ports.inputs.pause(batch.topic, this.index)
      return true
    }
    if (this.status !== 'running') return false
    for (const message of batch.messages) this.#lanes!.push(inputRecord(lane, batch, message))
    this.#lanes!.advance(lane, Number(batch.lastOffset()) + 1)
    if (lane === 0 && batch.messages.length > 0) this.#urgentSeenMs = performance.now()
    if (this.#lanes!.shouldPause(lane)) this.#ports.inputs.pause(batch.topic, this.index)
    this.pump()
    return true
  }

  /** Rounds clock themselves: one begins when the last has committed, and while there is anything to do. */
  pump (): void {
    if (this.#pumping !== undefined || this.status !== 'running') return
    clearTimeout(this.#timer)
    this.#pumping = this.#rounds().catch(error => this.#fail(error)).finally(() => {
      this.#pumping = undefined
      this.#wakeWhenDue()
    })
  }

  async #rounds (): Promise<void> {
    while (this.status === 'running' && await this.#round()) this.#checkOwned()
  }

  async #round (): Promise<boolean> {
    const nowMs = this.#clock!.nowMs()
    const suspicion = this.#ports.suspicion.get(this.index)
    const records = this.#choose(this.#lanes!, suspicion)
    const due = this.#logic.nextDueMs()
    if (records.length === 0 && (due === undefined || due > nowMs)) return false
    const startedMs = performance.now()
    try {
      const plan = await planRound(this.#logic, records, nowMs, suspicion.poison)
      await this.#commit(plan, records)
      this.#options.onRound?.({ task: this.index, records: records.length, outputs: plan.outputs.length, durationMs: performance.now() - startedMs })
      this.#ports.suspicion.set(this.index, afterSuccess(suspicion, this.#options.roundRecordsMax))
    } catch (error) {
      if (isRecordsFault(error)) this.#suspect(error, records, suspicion)
      throw error
    }
    return true
  }

  #choose (lanes: Lanes, suspicion: Suspicion): InputRecord[] {
    const { roundRecordsMax: recordsMax, urgentRecordsMax } = this.#options
    const urgentAlive = performance.now() - this.#urgentSeenMs < urgentAliveMs
    const room = Math.min(roomOf(urgentAlive, { recordsMax, urgentRecordsMax }), suspicion.recordsMax)
    return lanes.peek(chooseTake(lanes.waiting(), room), roundBytesMax)
  }

  async #commit (plan: RoundPlan, records: readonly InputRecord[]): Promise<void> {
    const { appendedAtMs } = await commitRound({
      task: this.index, plan, records, logic: this.#logic, producers: this.#producers, options: this.#options, checkOwned: this.#checkOwned
    })
    if (appendedAtMs !== undefined) this.#clock!.observe(appendedAtMs)
    this.#lanes!.consume(records)
    for (const lane of this.#lanes!.toResume()) this.#ports.inputs.resume(this.#options.inputTopics[lane]!, this.index)
  }

  /** A round failed by its records. The task starts anew, with a smaller round, or one that sets the record aside. */
  #suspect (error: unknown, records: readonly InputRecord[], suspicion: Suspicion): void {
    const next = afterFailure(suspicion, records.length)
    this.#ports.suspicion.set(this.index, next)
    const [first] = records
    const where = { task: this.index, records: records.length, topic: first?.topic, offset: first?.offset }
    this.#ports.logger.warn({ ...where, reason: messageOf(error), nextRecordsMax: next.recordsMax, poison: next.poison }, 'a round failed by its records')
  }

  #wakeWhenDue (): void {
    if (this.status !== 'running') return
    const due = this.#logic.nextDueMs()
    if (due === undefined) return
    const waitMs = Math.min(wakeMsMax, Math.max(1, due - this.#clock!.nowMs()))
    this.#timer = setTimeout(() => this.pump(), waitMs)
  }

  readonly #checkOwned = (): void => {
    if (!this.#ports.isOwned(this)) throw new TaskLost(`task ${this.index} has another owner, or none`)
  }

  #fail (error: unknown): void {
    if (this.status === 'ended') return
    this.status = 'ended'
    this.#ports.onFailed(this, error)
  }

  /** Leaves the running state at once; resolves when the round in hand has ended and the producers are closed. */
  async end (): Promise<void> {
    this.status = 'ended'
    clearTimeout(this.#timer)
    this.#restore?.fail(new TaskLost(`task ${this.index} was taken away`))
    await this.#pumping
    await this.#producers.close()
  }
}

const inputRecord = (lane: number, { topic, partition }: Batch, { offset, timestamp, key, value, headers }: KafkaMessage): InputRecord => ({
  lane, topic, partition, offset: Number(offset), appendedAtMs: Number(timestamp), key, value,
  headers: headers ?? {}, headerBytes: headers === undefined ? 0 : headerBytesOf(headers)
})
