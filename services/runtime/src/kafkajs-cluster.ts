// What kafkajs can do and doesn't offer: requests of one's own to its brokers, with the answers as the broker gave them.
// kafkajs itself throws at the first partition of an answer that carries an error, and the answers of all others with it.
//
// This reaches into kafkajs, so it refuses any version but the one it was checked with.
import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import type { FetchedRecord } from './aborted-records.ts'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import { checkVersion } from './kafkajs-idle-timer.ts'

const require = createRequire(import.meta.url)

export interface FetchPartition { readonly topic: string, readonly partition: number, readonly offset: number, readonly bytesMax: number }

export interface FetchedMessage extends FetchedRecord {
  readonly timestamp: string
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
  readonly batchContext?: { readonly producerId: string, readonly inTransaction: boolean, readonly firstOffset: string, readonly lastOffsetDelta: number }
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly lastStableOffset: string
  readonly abortedTransactions: readonly { readonly producerId: string, readonly firstOffset: string }[]
  readonly messages: readonly FetchedMessage[]
}

interface ResponseReader { decode (raw: unknown): Promise<unknown>, parse (data: unknown): Promise<unknown> }
interface ProtocolRequest { readonly request: unknown, readonly response: ResponseReader, readonly requestTimeout?: number }
type RequestMaker = (parameters: object) => ProtocolRequest

interface TopicQuestion<P> { readonly topic: string, readonly partitions: readonly P[] }
interface ListedOffsets { readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[] }
interface CommittedOffsets { readonly responses: readonly TopicQuestion<{ readonly partition: number, readonly offset: string }>[] }

export interface Broker {
  readonly nodeId: string | number
  readonly connectionPool: { send (request: ProtocolRequest): Promise<unknown> }
  metadata (topics: readonly string[]): Promise<unknown>
  lookupRequest (apiKey: number, definition: unknown): RequestMaker
  listOffsets (question: {
    readonly replicaId: number, readonly isolationLevel: number
    readonly topics: readonly TopicQuestion<{ readonly partition: number, readonly timestamp: number }>[]
  }): Promise<ListedOffsets>
  offsetFetch (question: {
    readonly groupId: string, readonly topics: readonly TopicQuestion<{ readonly partition: number }>[]
  }): Promise<CommittedOffsets>
  disconnect (): Promise<void>
}

export interface BrokerCluster {
  targetTopics: Set<string>
  readonly brokerPool: { createBroker (options: object): Broker }
  connect (): Promise<void>
  disconnect (): Promise<void>
  refreshMetadata (): Promise<void>
  findBroker (wanted: { readonly nodeId: string | number }): Promise<Broker>
  findGroupCoordinator (wanted: { readonly groupId: string, readonly coordinatorType?: number }): Promise<Broker>
  findTopicPartitionMetadata (topic: string): readonly { readonly partitionId: number, readonly partitionErrorCode: number, readonly leader: number }[]
}

const readCommitted = 1
const earliest = -2
const latest = -1
/** Of one whole answer; what has no room is asked for again. */
const answerBytesMax = 16 * 1024 * 1024

const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<'Fetch' | 'Metadata', number>>
const { requests } = require('kafkajs/src/protocol/requests') as { readonly requests: Readonly<Record<'Fetch' | 'Metadata', unknown>> }
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode (code: number): Error & { readonly type: string } }

/** The cluster behind a client, not connected yet. A topic that isn't there, or a partition without a leader, hides no other. */
export function clusterOf (kafka: Kafka): BrokerCluster {
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  if (key === undefined) throw new CodedError<RuntimeErrorCode>('CLIENT_VERSION', 'the client has no cluster to give: it is not the kafkajs that was checked')
  const createCluster = (kafka as unknown as Record<symbol, (options: object) => BrokerCluster>)[key]!
  const cluster = createCluster({ allowAutoTopicCreation: false, isolationLevel: readCommitted })
  const createBroker = cluster.brokerPool.createBroker.bind(cluster.brokerPool)
  cluster.brokerPool.createBroker = options => {
    const broker = createBroker(options)
    broker.metadata = topics => ask(broker, 'Metadata', { topics, allowAutoTopicCreation: false })
    return broker
  }
  return cluster
}

/** One Fetch for all of these, answered at once, in their order (KIP-74: the first with anything to read gets a batch of any size). */
export async function fetchCommitted (broker: Broker, partitions: readonly FetchPartition[]): Promise<(FetchedPartition | undefined)[]> {
  const topics = partitions.map(({ topic, partition, offset, bytesMax }) => (
    { topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: bytesMax }] }))
  const maxBytes = Math.min(answerBytesMax, partitions.reduce((sum, { bytesMax }) => sum + bytesMax, 0))
  const answer = await ask(broker, 'Fetch', { maxWaitTime: 0, minBytes: 0, maxBytes, isolationLevel: readCommitted, topics }) as {
    readonly responses: readonly { readonly topicName: string, readonly partitions: readonly FetchedPartition[] }[]
  }
  const found = new Map<string, FetchedPartition>()
  for (const { topicName, partitions } of answer.responses) for (const one of partitions) found.set(`${topicName}/${one.partition}`, one)
  return partitions.map(({ topic, partition }) => found.get(`${topic}/${partition}`))
}

/** The first offset that is still there, and the last stable one. */
export async function offsetBounds (broker: Broker, topic: string, partition: number): Promise<{ readonly low: number, readonly end: number }> {
  const at = async (timestamp: number) => {
    const topics = [{ topic, partitions: [{ partition, timestamp }] }]
    const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel: readCommitted, topics })
    return Number(responses[0]!.partitions[0]!.offset)
  }
  return { low: await at(earliest), end: await at(latest) }
}

/** What kafkajs has no names for. */
const newerErrors = new Map([
  [90, { type: 'PRODUCER_FENCED', message: 'another producer with the same transactional id has come since' }],
  [120, { type: 'TRANSACTION_ABORTABLE', message: 'the transaction can only be aborted' }]
])

export function brokerError (errorCode: number): Error & { readonly type: string } {
  const newer = newerErrors.get(errorCode)
  return newer === undefined ? createErrorFromCode(errorCode) : Object.assign(new Error(newer.message), { type: newer.type })
}

export const typeOf = (errorCode: number): string => brokerError(errorCode).type

async function ask (broker: Broker, api: 'Fetch' | 'Metadata', parameters: object): Promise<unknown> {
  const { request, response, ...rest } = broker.lookupRequest(apiKeys[api], requests[api])(parameters)
  return broker.connectionPool.send({ ...rest, request, response: { decode: raw => response.decode(raw), parse: async data => data } })
}
