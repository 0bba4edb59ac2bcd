// Runs the tasks that the group gives to this process. The records' path: fetch -> `Task.take` -> lanes -> rounds.
//
// Invariants (numbers are the steps of the loop as it was proven under kills):
//   1.  Consumer, producers and admin have Kafka instances of their own: with one for all, the offsets of an aborted
//       transaction move the consumer's own position, and records are lost.
//   2.  Before joining, wait until no member has this process's client id: a join while a dead member is listed stalls
//       everybody's fetch loop until that session ends.
//   3.  What a join gives and takes is put in place synchronously, before the next fetch.
//   4.  A task that stays and runs keeps its buffers, state and producers, and goes on at its own next offset. Another
//       owner would have fenced it, and its commit would fail.
//   10. A batch that comes too early, or is stale, is not resolved, so it is fetched again.
//   12. On an error nothing of the task is kept; it starts anew when the group is stable and the task still ours.
//   13. A stop finishes the rounds in hand, then leaves the group.
import { type Admin, AssignerProtocol, type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs'
import { backoffMs } from '../backoff.ts'
import { wholeTasksAssigner } from './assigner.ts'
import { noSuspicion, type Suspicion } from './bisection.ts'
import { fetchCommitted } from './committed-offsets.ts'
import { messageOf, TaskLost } from './failures.ts'
import { untilFormerSelfLeft } from './former-self.ts'
import { inputsOf } from './inputs.ts'
import { type ResolvedOptions, resolveOptions, type TaskRunnerOptions } from './options.ts'
import { ProducerRotation } from './producer-rotation.ts'
import { Task, type TaskPorts, type TaskStatus } from './task.ts'

export interface RunnerState {
  readonly joined: boolean
  readonly tasks: readonly { readonly task: number, readonly status: TaskStatus, readonly bufferedRecords: number }[]
}

export interface TaskRunner {
  state (): RunnerState
  /** Finishes the rounds in hand, leaves the group, closes every connection. */
  stop (): Promise<void>
}

const recovery = { firstMs: 20, mostMs: 1_000 }

/**
 * Joins the group and runs the tasks that it is given, each round exactly once.
 *
 * @throws what connecting throws, when the broker can't be reached.
 * @example const runner = await startTaskRunner({ kafka, groupId: 'g', clientId: 'one', ..., createLogic: task => new Counting(task) })
 */
export async function startTaskRunner (options: TaskRunnerOptions): Promise<TaskRunner> {
  const runner = new Runner(resolveOptions(options))
  await runner.start()
  return runner
}

class Runner implements TaskRunner {
  readonly #options: ResolvedOptions
  readonly #allTopics: readonly string[]
  readonly #consumer: Consumer
  readonly #producerKafka: Kafka
  readonly #admin: Admin
  readonly #ports: TaskPorts
  readonly #tasks = new Map<number, Task>()
  readonly #suspicions = new Map<number, Suspicion>()
  readonly #failures = new Map<number, number>()
  #memberId: string | undefined
  #stopping = false

  constructor (options: ResolvedOptions) {
    const { kafka, clientId, groupId, inputTopics, changelogTopic, deferredTopic, taskCount } = options
    this.#options = options
    this.#allTopics = [...inputTopics, changelogTopic, deferredTopic]
    this.#producerKafka = kafka(`${clientId}.producer`)
    this.#admin = kafka(`${clientId}.admin`).admin()
    this.#consumer = kafka(clientId).consumer({
      groupId, partitionAssigners: [wholeTasksAssigner(taskCount, this.#allTopics, () => [...this.#tasks.keys()])],
      sessionTimeout: options.sessionTimeoutMs, rebalanceTimeout: options.sessionTimeoutMs, heartbeatInterval: options.heartbeatIntervalMs,
      maxWaitTimeInMs: options.maxWaitMs, minBytes: 1, maxBytesPerPartition: options.partitionBytesMax, allowAutoTopicCreation: false
    })
    this.#ports = {
      inputs: inputsOf(this.#consumer),
      newProducers: task => new ProducerRotation(this.#producerKafka, options.transactionalIdPrefix, task, options.transactionTimeoutMs),
      committed: task => fetchCommitted(this.#admin, groupId, this.#allTopics, task),
      isOwned: task => this.#tasks.get(task.index) === task && (!this.#stopping || task.status === 'running'),
      onFailed: (task, error) => { void this.#recover(task, error) },
      suspicion: { get: task => this.#suspicions.get(task) ?? noSuspicion, set: (task, suspicion) => { this.#suspicions.set(task, suspicion) } },
      logger: options.logger
    }
  }

  async start (): Promise<void> {
    const { clientId, groupId, sessionTimeoutMs, taskCount, logger } = this.#options
    await this.#admin.connect()
    await untilFormerSelfLeft(this.#admin, groupId, clientId, sessionTimeoutMs, logger)
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#allTopics], fromBeginning: true })
    // Listeners run synchronously inside the join, before the next fetch (step 3).
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberId, payload.memberAssignment))
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => logger.warn({ err: payload.error, restart: payload.restart }, 'the consumer crashed'))
    await this.#consumer.run({
      autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: this.#allTopics.length * taskCount,
      eachBatch: async payload => this.#take(payload)
    })
  }

  #joined (memberId: string, assignment: Readonly<Record<string, number[]>>): void {
    this.#memberId = memberId
    const given = new Set(assignment[this.#options.changelogTopic] ?? [])
    for (const [index, task] of this.#tasks) if (!given.has(index)) this.#drop(task)
    const kept: number[] = []
    for (const index of given) {
      const task = this.#tasks.get(index)
      if (task?.status === 'running') {
        task.rejoined()
        kept.push(index)
        continue
      }
      if (task !== undefined) this.#drop(task)
      void this.#begin(index).start()
    }
    this.#options.logger.info({ tasks: [...given], kept }, 'joined the group')
  }

  /** A new task object, with all its partitions paused until it says otherwise. */
  #begin (index: number): Task {
    for (const topic of this.#allTopics) this.#ports.inputs.pause(topic, index)
    const task = new Task(index, this.#options, this.#ports)
    this.#tasks.set(index, task)
    return task
  }

  #drop (task: Task): void {
    this.#tasks.delete(task.index)
    void task.end()
  }

  #take ({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const task = this.#tasks.get(batch.partition)
    if (isStale() || task === undefined || !task.take(batch)) return
    resolveOffset(batch.lastOffset())
  }

  async #recover (failed: Task, error: unknown): Promise<void> {
    const { logger } = this.#options
    const isOurs = this.#tasks.get(failed.index) === failed
    if (error instanceof TaskLost || !isOurs || this.#stopping) {
      if (isOurs) this.#tasks.delete(failed.index)
      await failed.end()
      return
    }
    const failures = (this.#failures.get(failed.index) ?? 0) + 1
    this.#failures.set(failed.index, failures)
    logger.warn({ task: failed.index, reason: messageOf(error), failures }, 'a task failed and starts anew')
    const next = this.#begin(failed.index)
    await failed.end()
    for (let attempt = failures; this.#tasks.get(next.index) === next && !this.#stopping; attempt++) {
      await new Promise(resolve => setTimeout(resolve, backoffMs(attempt, recovery, Math.random())))
      if (!await this.#groupSaysOurs(next.index)) continue
      if (this.#tasks.get(next.index) !== next || this.#stopping) return
      await next.start()
      if (next.status === 'running') this.#failures.delete(next.index)
      return
    }
  }

  async #groupSaysOurs (index: number): Promise<boolean> {
    try {
      const { groups: [group] } = await this.#admin.describeGroups([this.#options.groupId])
      const own = group?.members.find(({ memberId }) => memberId === this.#memberId)
      if (group?.state !== 'Stable' || own === undefined) return false
      const assignment = AssignerProtocol.MemberAssignment.decode(own.memberAssignment)?.assignment
      return assignment?.[this.#options.changelogTopic]?.includes(index) === true
    } catch (error) {
      this.#options.logger.debug({ reason: messageOf(error) }, 'the group could not be described')
      return false
    }
  }

  state (): RunnerState {
    const tasks = [...this.#tasks.values()].map(task => ({ task: task.index, status: task.status, bufferedRecords: task.bufferedRecords }))
    return { joined: this.#memberId !== undefined, tasks }
  }

  async stop (): Promise<void> {
    this.#stopping = true
    await Promise.all([...this.#tasks.values()].map(task => task.end()))
    await this.#consumer.disconnect()
    await this.#admin.disconnect()
  }
}
