// The group's consumer: joins, hands over batches, and comes back when kafkajs has given up.
//
// Invariants:
//   G1. What a join gives and takes is told synchronously, before the next fetch (step 3).
//   G2. `rebalanceTimeout` is the session timeout: a member that doesn't rejoin holds up the others no longer than that.
//   G3. A consumer that crashed is started again, by kafkajs or here, for as long as the process wants it.
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { backoffMs } from '../backoff.ts'
import type { OwnedTask } from './assigner.ts'
import { reasonOf } from './failures.ts'
import { wholeTasksAssigner } from './group-protocol.ts'
import { type Inputs, inputsOf } from './inputs.ts'
import type { ResolvedOptions } from './options.ts'

export interface GroupConsumerPorts {
  readonly options: ResolvedOptions
  /** All topics, in the order in which they are fetched. */
  readonly topics: readonly string[]
  readonly owned: () => readonly OwnedTask[]
  readonly onJoined: (memberId: string, tasks: readonly number[]) => void
  readonly onCrashed: () => void
  readonly onBatch: (payload: EachBatchPayload) => void
}

const restart = { firstMs: 100, mostMs: 5_000 }

export class GroupConsumer {
  readonly inputs: Inputs
  readonly #consumer: Consumer
  readonly #ports: GroupConsumerPorts
  #crashes = 0
  #stopped = false
  #restartTimer: NodeJS.Timeout | undefined

  constructor (ports: GroupConsumerPorts) {
    const { options, topics, owned } = ports
    const { kafka, clientId, groupId, taskCount, sessionTimeoutMs, partitionBytesMax } = options
    this.#ports = ports
    this.#consumer = kafka(clientId).consumer({
      groupId, partitionAssigners: [wholeTasksAssigner(taskCount, topics, owned)], allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs, heartbeatInterval: options.heartbeatIntervalMs,
      maxWaitTimeInMs: options.maxWaitMs, minBytes: 1, maxBytesPerPartition: partitionBytesMax,
      // Room for every partition's share and for one big batch, so that no partition waits for another's bytes.
      maxBytes: Math.max(10 * 1_024 * 1_024, 2 * taskCount * topics.length * partitionBytesMax)
    })
    this.inputs = inputsOf(this.#consumer)
  }

  async start (): Promise<void> {
    const { events } = this.#consumer
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.#crashes = 0
      this.#ports.onJoined(payload.memberId, payload.memberAssignment[this.#ports.topics[0]!] ?? [])
    })
    this.#consumer.on(events.CRASH, ({ payload }) => this.#crashed(payload.error, payload.restart))
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#ports.topics], fromBeginning: true })
    await this.#consume()
  }

  async stop (): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#restartTimer)
    await this.#consumer.disconnect()
  }

  async #consume (): Promise<void> {
    const { topics, onBatch, options: { taskCount } } = this.#ports
    await this.#consumer.run({
      autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: topics.length * taskCount,
      eachBatch: async payload => onBatch(payload)
    })
  }

  #crashed (error: Error, restarts: boolean): void {
    const { onCrashed, options: { logger } } = this.#ports
    logger.warn({ reason: reasonOf(error), restarts }, 'the consumer crashed')
    onCrashed()
    if (!restarts) this.#restartLater()
  }

  #restartLater (): void {
    if (this.#stopped) return
    this.#crashes++
    this.#restartTimer = setTimeout(() => { void this.#startAgain() }, backoffMs(this.#crashes, restart, Math.random()))
  }

  async #startAgain (): Promise<void> {
    try {
      await this.#consumer.connect()
      await this.#consume()
    } catch (error) {
      this.#ports.options.logger.warn({ reason: reasonOf(error) }, 'the consumer could not be started again')
      this.#restartLater()
    }
  }
}
