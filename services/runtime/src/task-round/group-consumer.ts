// The group's consumer: joins, hands over batches, and comes back when kafkajs has given up.
//
// Invariants:
//   G1. What a join gives and takes is told synchronously, before the next fetch (step 3).
//   G2. `rebalanceTimeout` is the session timeout: a member that doesn't rejoin holds up the others no longer than that.
//   G3. A consumer that crashed is run again for as long as the process wants it.
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { noOwnRestart, runAndComeBack } from '../coming-back.ts'
import type { OwnedTask } from './assigner.ts'
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

/** Four seconds of tries: a group that changes again and again is no reason to leave it and come back. */
const retry = { ...noOwnRestart, retries: 12 }

export class GroupConsumer {
  readonly inputs: Inputs
  readonly #consumer: Consumer
  readonly #ports: GroupConsumerPorts
  #comeBackNoMore: () => PromiseLike<void> = async () => undefined

  constructor (ports: GroupConsumerPorts) {
    const { options, topics, owned } = ports
    const { kafka, clientId, groupId, taskCount, sessionTimeoutMs, partitionBytesMax } = options
    this.#ports = ports
    this.#consumer = kafka(clientId).consumer({
      groupId, partitionAssigners: [wholeTasksAssigner(taskCount, topics, owned)], allowAutoTopicCreation: false, retry,
      sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs, heartbeatInterval: options.heartbeatIntervalMs,
      maxWaitTimeInMs: options.maxWaitMs, minBytes: 1, maxBytesPerPartition: partitionBytesMax,
      // Room for every partition's share and for one big batch, so that no partition waits for another's bytes.
      maxBytes: Math.max(10 * 1_024 * 1_024, 2 * taskCount * topics.length * partitionBytesMax)
    })
    this.inputs = inputsOf(this.#consumer)
  }

  async start (): Promise<void> {
    const { onJoined, onCrashed, topics, options: { logger } } = this.#ports
    const { events } = this.#consumer
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => onJoined(payload.memberId, payload.memberAssignment[topics[0]!] ?? []))
    this.#consumer.on(events.CRASH, onCrashed)
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true })
    this.#comeBackNoMore = await runAndComeBack(this.#consumer, () => this.#run(), logger)
  }

  async stop (): Promise<void> {
    await this.#comeBackNoMore()
    await this.#consumer.disconnect()
  }

  #run (): Promise<void> {
    const { topics, onBatch, options: { taskCount } } = this.#ports
    return this.#consumer.run({
      autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: topics.length * taskCount,
      eachBatch: async payload => onBatch(payload)
    })
  }
}
