// One task of this process: from fencing to rounds. An object is used for one ownership: after any error it is thrown
// away whole, and another begins from what is in the topics.
//
// Invariants (numbers are the steps of the loop as it was proven under kills):
//   5.  All three transactional ids are fenced, in order, before anything is read.
//   6.  A claim record is committed with id 0: it proves ownership, and ends the restore with a real record.
//   7.  Only then are the committed offsets read.
//   8.  Changelog and deferred topic are folded from there up to the claim, outside the group, where they stay paused.
//   9.  Every input is sought to its committed offset, or to where the changelog shows it to be, and resumed: pauses survive
//       rejoins.
//   10. A batch that comes too early is not resolved, so it is fetched again. What lies below the next offset was taken.
//   12. On any error the running state is left before any await.
import type { Admin, Batch, Kafka, KafkaMessage } from 'kafkajs'
import { BrokerClock } from './broker-clock.ts'
import { taskLost } from './failures.ts'
import { headerBytesOf } from './header-bytes.ts'
import type { LogReader } from '../log-reader.ts'
import type { Inputs } from './inputs.ts'
import { Lanes } from './lanes.ts'
import { laneBytesMax, type ResolvedOptions, type TaskStatus } from './options.ts'
import { heldAgainst, type Position, readPositions } from './positions.ts'
import { ProducerRotation } from './producer-rotation.ts'
import { restoreFrom } from './restore.ts'
import { Rounds, type SearchMemory } from './rounds.ts'
import type { InputRecord, LowWater, TaskLogic } from './task-logic.ts'
import { type Claim, commitClaim } from './transactions.ts'

export interface TaskPorts {
  readonly options: ResolvedOptions
  readonly inputs: Inputs
  readonly admin: Admin
  readonly producerKafka: Kafka
  readonly logReader: LogReader
  readonly memory: SearchMemory
  /** Whether this object is still the one that owns the task. */
  readonly isOwned: (task: Task) => boolean
  readonly onCommitted: (task: Task) => void
  readonly onFailed: (task: Task, error: unknown) => void
}

type TaskState =
  | { readonly status: 'waiting' | 'starting' | 'restoring' | 'ended' }
  | { readonly status: 'running' | 'draining', readonly lanes: Lanes, readonly rounds: Rounds, readonly claimOffset: number }

export class Task {
  readonly index: number
  readonly #ports: TaskPorts
  readonly #producers: ProducerRotation
  #state: TaskState = { status: 'waiting' }
  #rounds: Rounds | undefined

  constructor (index: number, ports: TaskPorts) {
    this.index = index
    this.#ports = ports
    const { groupId, transactionalIdPrefix, transactionTimeoutMs } = ports.options
    this.#producers = new ProducerRotation({ kafka: ports.producerKafka, groupId, transactionalIdPrefix, task: index, transactionTimeoutMs })
  }

  get status (): TaskStatus { return this.#state.status }
  get laneRecords (): readonly number[] { return 'lanes' in this.#state ? this.#state.lanes.waiting() : this.#ports.options.inputTopics.map(() => 0) }
  get lastCommitAgeMs (): number | undefined { return 'rounds' in this.#state ? this.#state.rounds.lastCommitAgeMs : undefined }
  /** Offset of this owner's claim in the changelog, once it runs. */
  get claimOffset (): number | undefined { return this.#state.status === 'running' ? this.#state.claimOffset : undefined }

  async start (): Promise<void> {
    if (this.#state.status !== 'waiting') return
    const startedMs = performance.now()
    const { options, options: { faults, logger } } = this.#ports
    try {
      this.#become({ status: 'starting' })
      const logic = options.createLogic(this.index)
      await this.#producers.fence(async id => {
        this.#checkOwned()
        await faults?.beforeFence?.(this.index, id)
      })
      this.#checkOwned()
      const claim = await commitClaim(this.index, this.#producers.begin(), options)
      this.#checkOwned()
      const clock = new BrokerClock(claim.appendedAtMs, () => performance.now())
      const positions = await this.#readPositions()
      const { records, marks, inputs } = await this.#restore(logic, claim, clock, positions)
      this.#run(logic, claim, clock, inputs, marks)
      logger.info({ task: this.index, durationMs: Math.round(performance.now() - startedMs), records }, 'a task runs')
    } catch (error) {
      this.#fail(error)
    }
  }

  async #readPositions (): Promise<Map<string, Position>> {
    const { admin, options: { groupId, inputTopics, changelogTopic, deferredTopic, logger } } = this.#ports
    const positions = await readPositions(admin, { groupId, topics: [...inputTopics, changelogTopic, deferredTopic], task: this.index }, logger)
    this.#checkOwned()
    return positions
  }

  /** Step 8. */
  async #restore (logic: TaskLogic, claim: Claim, clock: BrokerClock, positions: ReadonlyMap<string, Position>) {
    const { logReader: reader, options: { changelogTopic, deferredTopic, logger } } = this.#ports
    const changelogStartOffset = positions.get(changelogTopic)!.nextOffset
    const deferredStartOffset = positions.get(deferredTopic)!.nextOffset
    this.#become({ status: 'restoring' })
    const ports = { reader, task: this.index, claim: claim.id, checkOwned: this.#checkOwned }
    const [changed, deferred] = await Promise.all([
      restoreFrom({ topic: changelogTopic, startOffset: changelogStartOffset, fold: record => logic.restoreChangelog(record) }, ports),
      restoreFrom({ topic: deferredTopic, startOffset: deferredStartOffset, fold: record => logic.restoreDeferred(record) }, ports)
    ])
    this.#checkOwned()
    const restored = logic.restored({
      nowMs: clock.nowMs(), changelogStartOffset, changelogNextOffset: claim.changelogOffset + 1, deferredNextOffset: claim.deferredOffset + 1
    })
    const marks: LowWater = restored?.marks ?? { changelogOffset: changelogStartOffset, deferredOffset: deferredStartOffset }
    return { records: changed + deferred, marks, inputs: heldAgainst(positions, restored?.inputs ?? new Map(), this.index, logger) }
  }

  /** Step 9. */
  #run (logic: TaskLogic, claim: Claim, clock: BrokerClock, positions: ReadonlyMap<string, number>, marks: LowWater): void {
    const { options, inputs, memory, onCommitted } = this.#ports
    const { inputTopics, laneRecordsMax } = options
    const lanes = new Lanes(inputTopics.map(topic => positions.get(topic)!), { recordsMax: laneRecordsMax, bytesMax: laneBytesMax })
    const rounds = new Rounds({
      task: this.index, options, logic, producers: this.#producers, lanes, clock, inputs, memory, marks,
      checkOwned: this.#checkOwned, onCommitted: () => onCommitted(this), onFailed: error => this.#fail(error)
    })
    this.#rounds = rounds
    this.#become({ status: 'running', lanes, rounds, claimOffset: claim.changelogOffset })
    this.rejoined()
    rounds.pump()
  }

  /** Puts every position and pause as this running task needs them; called after each join, before the next fetch (step 4). */
  rejoined (): void {
    if (this.#state.status !== 'running') return
    const { inputs, options: { inputTopics, changelogTopic, deferredTopic } } = this.#ports
    const { lanes } = this.#state
    for (const topic of [changelogTopic, deferredTopic]) inputs.pause(topic, this.index)
    for (const [lane, topic] of inputTopics.entries()) {
      inputs.seek(topic, this.index, lanes.nextOffset(lane))
      if (lanes.isPaused(lane)) inputs.pause(topic, this.index)
      else inputs.resume(topic, this.index)
    }
  }

  /** Takes a fetched batch; false means that it must be fetched again (step 10). */
  take (batch: Batch): boolean {
    const lane = this.#ports.options.inputTopics.indexOf(batch.topic)
    try {
      return lane >= 0 && this.#state.status === 'running' && this.#takeInput(lane, batch)
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #takeInput (lane: number, batch: Batch): boolean {
    if (this.#state.status !== 'running') return false
    const { lanes, rounds } = this.#state
    for (const message of batch.messages) lanes.push(inputRecord(lane, batch, message))
    lanes.advance(lane, Number(batch.lastOffset()) + 1)
    if (lane === 0) rounds.urgentSeen()
    if (lanes.shouldPause(lane)) this.#ports.inputs.pause(batch.topic, this.index)
    rounds.pump()
    return true
  }

  readonly #checkOwned = (): void => {
    if (this.#state.status === 'ended' || !this.#ports.isOwned(this)) throw taskLost(this.index)
  }

  #become (state: TaskState): void {
    this.#state = state
    this.#ports.options.onTaskState?.(this.index, state.status)
  }

  #fail (error: unknown): void {
    if (this.#state.status === 'ended') return
    this.end()
    this.#ports.onFailed(this, error)
  }

  /** Finishes the round in hand; nothing is taken any more (step 13). */
  async drain (): Promise<void> {
    if (this.#state.status !== 'running') return
    this.#become({ ...this.#state, status: 'draining' })
    await this.#rounds?.stop()
  }

  /** Leaves whatever it was doing at once. A round in hand ends by itself: it commits, or is fenced. */
  end (): void {
    const state = this.#state
    if (state.status === 'ended') return
    this.#become({ status: 'ended' })
    void this.#rounds?.stop()
  }

  /** Closes the connections when the round in hand has ended; a request that is not answered may hold this up. */
  async close (): Promise<void> {
    await this.#rounds?.stop()
    await this.#producers.close()
  }
}

const inputRecord = (lane: number, { topic, partition }: Batch, { offset, timestamp, key, value, headers }: KafkaMessage): InputRecord => ({
  lane, topic, partition, offset: Number(offset), appendedAtMs: Number(timestamp), key, value,
  headers: headers ?? {}, headerBytes: headers === undefined ? 0 : headerBytesOf(headers)
})
