// One transaction of a task: what it writes, and its end.
//
// Invariants:
//   T1. Positions and the first wave leave side by side; each further wave when the one before it was taken.
//   T2. What the broker refused because the id's last transaction isn't complete yet (its markers are written after its commit was
//       answered) has changed nothing, and is sent again with its sequence, for as long as a transaction may take.
//   T3. All else that is refused ends the transaction: nobody tries to save a part of it.
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../errors.ts'
import { type Broker, brokerError } from '../kafkajs-cluster.ts'
import { askBroker } from '../kafkajs-requests.ts'
import {
  commitOffsetsRequest, endRequest, type PartitionBatch, type PartitionError, type PartitionOffset, type Produced, produceRequest, type TransactionalProducer
} from '../transaction-requests.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { Wave } from './production.ts'
import type { TransactionBrokers } from './transaction-brokers.ts'

export interface TransactionParts {
  readonly producer: TransactionalProducer
  readonly brokers: TransactionBrokers
  readonly transactionTimeoutMs: number
  /** The producer of this id's next transaction. */
  readonly onEnd: (next: TransactionalProducer) => void
}

interface Unsent { readonly offsets: readonly PartitionOffset[], readonly batches: readonly PartitionBatch[] }
interface Answered { readonly offsets: readonly PartitionError[], readonly batches: readonly Produced[] }

const concurrentTransactions = 51
const waitMs = { first: 1, most: 20 }

export class TaskTransaction {
  readonly #parts: TransactionParts

  constructor (parts: TransactionParts) { this.#parts = parts }

  /** Where the records were written. */
  async write (offsets: readonly PartitionOffset[], waves: readonly Wave[]): Promise<Produced[]> {
    const written: Produced[] = []
    const sequences = new Map<string, number>()
    for (const [i, wave] of (waves.length === 0 ? [[]] : waves).entries()) {
      const batches = waves.length <= 1 ? wave.map(messages => ({ ...messages, firstSequence: 0 })) : sequenced(wave, sequences)
      written.push(...await this.#send({ offsets: i === 0 ? offsets : [], batches }))
    }
    return written
  }

  async commit (): Promise<void> {
    const { producer, brokers, onEnd } = this.#parts
    const [{ errorCode, producerId, producerEpoch }] = await askBroker(await brokers.coordinatorOf(producer.transactionalId), [endRequest(producer)])
    if (errorCode !== 0) throw brokerError(errorCode)
    onEnd({ transactionalId: producer.transactionalId, producerId, producerEpoch })
  }

  async #send (all: Unsent): Promise<Produced[]> {
    const untilMs = performance.now() + this.#parts.transactionTimeoutMs
    const written: Produced[] = []
    for (let unsent = all, ms = waitMs.first; ; ms = Math.min(2 * ms, waitMs.most)) {
      const isLast = performance.now() > untilMs
      const { offsets, batches } = await this.#try(unsent)
      const isEarly = ({ errorCode }: PartitionError): boolean => errorCode === concurrentTransactions && !isLast
      const refused = offsets.find(one => one.errorCode !== 0 && !isEarly(one))
      if (refused !== undefined) throw brokerError(refused.errorCode)
      const failed = batches.find(one => one.errorCode !== 0 && !isEarly(one))
      if (failed !== undefined) throw produceFailed(failed)
      for (const one of batches) if (one.errorCode === 0) written.push(one)
      const early = new Set(batches.filter(isEarly).map(keyOf))
      unsent = { offsets: offsets.some(isEarly) ? unsent.offsets : [], batches: unsent.batches.filter(batch => early.has(keyOf(batch))) }
      if (unsent.offsets.length === 0 && unsent.batches.length === 0) return written
      await pause(ms)
    }
  }

  async #try ({ offsets, batches }: Unsent): Promise<Answered> {
    const { brokers } = this.#parts
    const byBroker = await brokers.leadersOf(batches)
    const committer = offsets.length === 0 ? undefined : await brokers.groupCoordinator()
    if (committer !== undefined && !byBroker.has(committer)) byBroker.set(committer, [])
    const answers = await Promise.all([...byBroker].map(([broker, some]) => this.#ask(broker, { offsets: broker === committer ? offsets : [], batches: some })))
    return answers.length === 1 ? answers[0]! : { offsets: answers.flatMap(answer => answer.offsets), batches: answers.flatMap(answer => answer.batches) }
  }

  async #ask (broker: Broker, { offsets, batches }: Unsent): Promise<Answered> {
    const { producer, brokers, transactionTimeoutMs } = this.#parts
    const commit = offsets.length === 0 ? [] : [commitOffsetsRequest(producer, brokers.groupId, offsets)]
    const produce = batches.length === 0 ? [] : [produceRequest(producer, batches, transactionTimeoutMs, Date.now())]
    const answers: readonly (readonly PartitionError[])[] = await askBroker(broker, [...commit, ...produce])
    return { offsets: commit.length === 0 ? [] : answers[0]!, batches: produce.length === 0 ? [] : answers.at(-1) as readonly Produced[] }
  }
}

/** A partition's batches count their records on, through the waves of a transaction. */
function sequenced (wave: Wave, sequences: Map<string, number>): PartitionBatch[] {
  return wave.map(messages => {
    const key = keyOf(messages)
    const firstSequence = sequences.get(key) ?? 0
    sequences.set(key, firstSequence + messages.messages.length)
    return { ...messages, firstSequence }
  })
}

const keyOf = ({ topic, partition }: { readonly topic: string, readonly partition: number }): string => `${topic}/${partition}`

function produceFailed ({ topic, partition, errorCode }: Produced): CodedError<TaskRoundErrorCode> {
  const cause = brokerError(errorCode)
  return new CodedError<TaskRoundErrorCode>('PRODUCE_FAILED', `${topic}/${partition} did not take its records: ${cause.message}`, { cause })
}
