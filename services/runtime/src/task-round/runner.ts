// Runs the tasks that the group gives to this process. A record's path through it:
//
//   fetch ─> Runner.#take ─> Task.take ─> Lanes ─> Rounds: take ─> plan ─> send ─> apply ─> commit
//            group-consumer   task.ts     lanes.ts  rounds.ts     task-logic.ts   transactions.ts
//
// Invariants (numbers are the steps of the loop as it was proven under kills; task.ts has 5 to 10, transactions.ts 11):
//   1.  Consumer, producers and admin have Kafka instances of their own: with one for all, the offsets of an aborted
//       transaction move the consumer's own position, and records are lost.
//   2.  Before joining, wait until this process's former self has left the group (former-self.ts).
//   3.  What a join gives and takes is put in place synchronously, before the next fetch: lost tasks end, all partitions
//       of new ones are paused.
//   4.  A task that stays and runs keeps its buffers, state and producers, and goes on at its own next offset. Another
//       owner would have fenced it, and its commit would fail.
//   10. A stale batch is not resolved, so it is fetched again.
//   12. On an error nothing of the task is kept; it begins anew when the group is stable and says that it is still ours,
//       or when a join gives it to us again.
//   13. A stop finishes the rounds in hand, then leaves the group.
import type { Admin, EachBatchPayload } from 'kafkajs'
import { backoffMs } from '../backoff.ts'
import { CodedError } from '../errors.ts'
import { type LogReader, startLogReader } from '../log-reader.ts'
import { within } from '../within.ts'
import type { OwnedTask } from './assigner.ts'
import { noSearch, sumOf } from './bisection.ts'
import { isTaskLost, reasonOf, type TaskRoundErrorCode } from './failures.ts'
import { untilFormerSelfLeft } from './former-self.ts'
import { GroupConsumer } from './group-consumer.ts'
import { fetchOrder } from './group-protocol.ts'
import { type ResolvedOptions, resolveOptions, type TaskRunnerOptions, type TaskStatus } from './options.ts'
import { groupSaysOurs } from './ownership.ts'
import type { SearchMemory } from './rounds.ts'
import { Task, type TaskPorts } from './task.ts'

export interface TaskReport {
  readonly task: number
  readonly status: TaskStatus
  readonly bufferedRecords: number
  readonly laneRecords: readonly number[]
  /** Since the last commit, or since the task began to run; an idle task's grows. */
  readonly lastCommitAgeMs: number | undefined
  /** Why the task failed last; gone after its next commit. */
  readonly problem: string | undefined
}

export interface RunnerState {
  /** Whether this process is a member of the group, as far as it knows. */
  readonly joined: boolean
  readonly tasks: readonly TaskReport[]
}

export interface TaskRunner {
  state (): RunnerState
  /** Finishes the rounds in hand, leaves the group, closes every connection. */
  stop (): Promise<void>
}

/** What is remembered of a task over its restarts here. */
interface TaskMemory extends SearchMemory {
  failures: number
  problem: string | undefined
}

const recovery = { firstMs: 20, mostMs: 2_000 }
/** Requests to a broker that is gone may hang; a stop doesn't wait for them longer than this. */
const stopMsMax = 5_000
/** A start that hangs longer holds up the next one no more; at worst that one is fenced, and begins anew. */
const startMsMax = 5_000

/**
 * Joins the group and runs the tasks that it is given, each round exactly once.
 *
 * @throws what connecting throws, when the broker can't be reached, and PARTITIONS_DIFFER.
 * @example const runner = await startTaskRunner({ kafka, groupId: 'g', clientId: 'one', ..., createLogic: task => new Counting(task) })
 */
export async function startTaskRunner (options: TaskRunnerOptions): Promise<TaskRunner> {
  const runner = new Runner(resolveOptions(options))
  await runner.start()
  return runner
}

class Runner implements TaskRunner {
  readonly #options: ResolvedOptions
  readonly #topics: readonly string[]
  readonly #consumer: GroupConsumer
  readonly #admin: Admin
  readonly #ports: Omit<TaskPorts, 'memory' | 'logReader'>
  #logReader: LogReader | undefined
  readonly #tasks = new Map<number, Task>()
  readonly #starts = new Map<number, Promise<void>>()
  readonly #memories = new Map<number, TaskMemory>()
  #memberId: string | undefined
  #joined = false
  #stopping = false

  constructor (options: ResolvedOptions) {
    const { kafka, clientId, inputTopics, changelogTopic, deferredTopic } = options
    this.#options = options
    this.#topics = fetchOrder(inputTopics, changelogTopic, deferredTopic)
    this.#admin = kafka(`${clientId}.admin`).admin()
    this.#consumer = new GroupConsumer({
      options, topics: this.#topics, owned: () => this.#owned(),
      onJoined: (memberId, tasks) => this.#onJoined(memberId, tasks),
      onCrashed: () => { this.#joined = false },
      onBatch: payload => this.#take(payload)
    })
    this.#ports = {
      options, inputs: this.#consumer.inputs, admin: this.#admin, producerKafka: kafka(`${clientId}.producer`),
      isOwned: task => this.#tasks.get(task.index) === task,
      onCommitted: task => this.#forgive(task.index),
      onFailed: (task, error) => { void this.#recover(task, error) }
    }
  }

  async start (): Promise<void> {
    try {
      await this.#admin.connect()
      this.#logReader = await startLogReader({ kafka: this.#options.kafka(`${this.#options.clientId}.restore`), logger: this.#options.logger })
      await this.#checkPartitions()
      await untilFormerSelfLeft(this.#admin, this.#options, this.#options.logger)
      await this.#consumer.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** A partition more than tasks would never be read; one less would stop its task. */
  async #checkPartitions (): Promise<void> {
    const { taskCount } = this.#options
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [...this.#topics] })
    const differing = topics.filter(({ partitions }) => partitions.length !== taskCount)
    if (differing.length === 0) return
    const found = differing.map(({ name, partitions }) => `${name} has ${partitions.length}`).join(', ')
    throw new CodedError<TaskRoundErrorCode>('PARTITIONS_DIFFER', `${taskCount} tasks need as many partitions, but ${found}`)
  }

  #owned (): OwnedTask[] {
    return [...this.#tasks.values()].flatMap(({ index, claimOffset }) => claimOffset === undefined ? [] : [{ task: index, claimOffset }])
  }

  #onJoined (memberId: string, given: readonly number[]): void {
    if (this.#stopping) return
    this.#memberId = memberId
    this.#joined = true
    for (const [index, task] of [...this.#tasks]) {
      if (given.includes(index)) continue
      this.#drop(task)
      this.#memories.delete(index)
    }
    const kept: number[] = []
    for (const index of given) {
      const task = this.#tasks.get(index)
      if (task?.status === 'running') {
        task.rejoined()
        kept.push(index)
        continue
      }
      if (task !== undefined) this.#drop(task)
      void this.#start(this.#begin(index))
    }
    this.#options.logger.info({ tasks: [...given], kept }, 'joined the group')
  }

  /** A new task object, with all its partitions paused until it says otherwise. */
  #begin (index: number): Task {
    for (const topic of this.#topics) this.#consumer.inputs.pause(topic, index)
    const task = new Task(index, { ...this.#ports, logReader: this.#logReader!, memory: this.#memoryOf(index) })
    this.#tasks.set(index, task)
    return task
  }

  /** One after the other: an owner that was dropped while it fenced would fence its own successor here. */
  #start (task: Task): Promise<void> {
    const before = this.#starts.get(task.index) ?? Promise.resolve()
    const start = within(startMsMax, before).then(() => task.start())
    this.#starts.set(task.index, start)
    return start
  }

  #drop (task: Task): void {
    this.#tasks.delete(task.index)
    task.end()
    void task.close()
  }

  #take ({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const task = this.#tasks.get(batch.partition)
    if (isStale() || task === undefined || !task.take(batch)) return
    resolveOffset(batch.lastOffset())
  }

  #memoryOf (index: number): TaskMemory {
    const memory = this.#memories.get(index) ?? { search: noSearch, failures: 0, problem: undefined }
    this.#memories.set(index, memory)
    return memory
  }

  #forgive (index: number): void {
    const memory = this.#memoryOf(index)
    memory.failures = 0
    memory.problem = undefined
  }

  /** Step 12. The failed object has left its running state already. */
  async #recover (failed: Task, error: unknown): Promise<void> {
    void failed.close()
    if (this.#tasks.get(failed.index) !== failed || this.#stopping || isTaskLost(error)) return
    const memory = this.#memoryOf(failed.index)
    memory.failures++
    memory.problem = reasonOf(error)
    this.#options.logger.warn({ task: failed.index, reason: memory.problem, failures: memory.failures }, 'a task failed and begins anew')
    const next = this.#begin(failed.index)
    const isWanted = () => this.#tasks.get(next.index) === next && !this.#stopping
    // The rounds of a search for a poison record fail on purpose.
    for (let attempt = memory.search.step === 'half' ? 1 : memory.failures; isWanted(); attempt++) {
      await new Promise(resolve => setTimeout(resolve, backoffMs(attempt, recovery, Math.random())))
      if (!isWanted() || !await this.#groupSaysOurs(next.index) || !isWanted()) continue
      await this.#start(next)
      return
    }
  }

  #groupSaysOurs (task: number): Promise<boolean> {
    const { groupId, changelogTopic, logger } = this.#options
    return groupSaysOurs(this.#admin, { groupId, memberId: this.#memberId, topic: changelogTopic, task }, logger)
  }

  state (): RunnerState {
    const tasks = [...this.#tasks.values()].map(({ index, status, laneRecords, lastCommitAgeMs }) => ({
      task: index, status, bufferedRecords: sumOf(laneRecords), laneRecords, lastCommitAgeMs, problem: this.#memories.get(index)?.problem
    }))
    return { joined: this.#joined, tasks }
  }

  async stop (): Promise<void> {
    this.#stopping = true
    const tasks = [...this.#tasks.values()]
    await within(stopMsMax, Promise.all(tasks.map(task => task.drain())))
    await within(stopMsMax, this.#consumer.stop())
    for (const task of tasks) task.end()
    await within(stopMsMax, Promise.all([...tasks.map(task => task.close()), this.#admin.disconnect(), this.#logReader?.close()]))
    this.#tasks.clear()
    this.#joined = false
  }
}
