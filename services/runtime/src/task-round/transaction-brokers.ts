// Which brokers a task's transactions go to, over connections of the task's own: the coordinators of its transactional ids and of
// its group, and the leaders of what it writes.
//
// Invariants:
//   K1. What was found holds until a request fails; then the task throws all of this away with its producers.
//   K2. A partition whose leader isn't known is looked up once more before it counts as missing.
//   K3. Whatever of kafkajs doesn't answer in time fails: a client that lost its broker in a bad moment would wait for ever.
import type { Kafka } from 'kafkajs'
import { CodedError } from '../errors.ts'
import { type Broker, type BrokerCluster, clusterOf } from '../kafkajs-cluster.ts'
import { askBroker } from '../kafkajs-requests.ts'
import { type PartitionBatch, transactionVersionLeast, transactionVersionRequest } from '../transaction-requests.ts'
import { tooLate, within } from '../within.ts'
import type { TaskRoundErrorCode } from './failures.ts'

const findMsMax = 30_000
const closeMsMax = 3_000
const ofTransactions = 1

export async function openTransactionBrokers (kafka: Kafka, groupId: string): Promise<TransactionBrokers> {
  const cluster = clusterOf(kafka)
  await answered(cluster.connect(), 'the broker')
  return new TransactionBrokers(cluster, groupId)
}

export class TransactionBrokers {
  readonly groupId: string
  readonly #cluster: BrokerCluster
  readonly #coordinators = new Map<string, Broker>()
  readonly #leaders = new Map<string, Broker[]>()
  #groupCoordinator: Broker | undefined

  constructor (cluster: BrokerCluster, groupId: string) {
    this.#cluster = cluster
    this.groupId = groupId
  }

  async coordinatorOf (transactionalId: string): Promise<Broker> {
    const known = this.#coordinators.get(transactionalId)
    if (known !== undefined) return known
    const found = await answered(this.#cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: ofTransactions }), 'the coordinator of a transaction')
    await checkTransactions(found)
    this.#coordinators.set(transactionalId, found)
    return found
  }

  async groupCoordinator (): Promise<Broker> {
    this.#groupCoordinator ??= await answered(this.#cluster.findGroupCoordinator({ groupId: this.groupId }), 'the coordinator of the group')
    return this.#groupCoordinator
  }

  async leadersOf (batches: readonly PartitionBatch[]): Promise<Map<Broker, PartitionBatch[]>> {
    const absent = batches.filter(batch => this.#leaderOf(batch) === undefined)
    if (absent.length > 0) await this.#lookUp(absent)
    return Map.groupBy(batches, batch => {
      const leader = this.#leaderOf(batch)
      if (leader === undefined) throw new CodedError<TaskRoundErrorCode>('NOT_WRITTEN', `${batch.topic} has no partition ${batch.partition}, or nobody leads it`)
      return leader
    })
  }

  async close (): Promise<void> { await within(closeMsMax, this.#cluster.disconnect()) }

  #leaderOf ({ topic, partition }: PartitionBatch): Broker | undefined { return this.#leaders.get(topic)?.[partition] }

  async #lookUp (batches: readonly PartitionBatch[]): Promise<void> {
    const topics = new Set(batches.map(({ topic }) => topic))
    this.#cluster.targetTopics = new Set([...this.#leaders.keys(), ...topics])
    await answered(this.#cluster.refreshMetadata(), 'what the cluster holds')
    for (const topic of topics) {
      const leaders: Broker[] = []
      for (const { partitionId, leader } of this.#cluster.findTopicPartitionMetadata(topic)) {
        if (leader >= 0) leaders[partitionId] = await answered(this.#cluster.findBroker({ nodeId: leader }), 'a leader')
      }
      if (leaders.length > 0) this.#leaders.set(topic, leaders)
    }
  }
}

async function checkTransactions (coordinator: Broker): Promise<void> {
  const [level] = await askBroker(coordinator, [transactionVersionRequest()])
  if (level >= transactionVersionLeast) return
  throw new CodedError<TaskRoundErrorCode>('KAFKA_TOO_OLD', `the cluster's transaction.version is ${level}, and ${transactionVersionLeast} is needed (Kafka 4.0). `
    + 'On brokers that can, raise it: kafka-features.sh upgrade --feature transaction.version=2')
}

async function answered<T> (work: Promise<T>, what: string): Promise<T> {
  const found = await within(findMsMax, work)
  if (found === tooLate) throw new CodedError<TaskRoundErrorCode>('NO_ANSWER', `${what} could not be had in ${findMsMax} ms`, { retriable: true })
  return found
}
