// Reads the log where it is asked to, in no group: nothing is joined, nothing is committed, no position is kept.
//
// Invariants:
//   L1. All partitions that one broker leads are asked for in one request.
//   L2. Records of aborted transactions are left out here (aborted-records.ts); `nextOffset` passes them, and markers.
//   L3. Each chunk moves on, unless nothing is there: what had no room in the answer is asked for again alone, and then
//       the broker gives at least one whole batch, whatever its size and `bytesMax`.
//   L4. An offset out of range is an answer. All else that fails is tried again with fresh metadata, attemptsMax times and
//       readMsMax long; then the read fails as a whole, with READ_STALLED, or UNKNOWN_PARTITION. Chunks once had are kept.
//   L5. A client that gave no answer at all in that time is thrown away: one of kafkajs's that lost its broker in a bad moment waits
//       for ever, and everybody who asks it.
import { setTimeout as pause } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { leaveOutAborted } from './aborted-records.ts'
import { backoffMs } from './backoff.ts'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import { type Broker, type BrokerCluster, clusterOf, fetchCommitted, type FetchedPartition, offsetBounds, typeOf } from './kafkajs-cluster.ts'
import type { Logger } from './logger.ts'
import type { ReaderRecord } from './partition-reader.ts'
import { tooLate, within } from './within.ts'

export interface LogRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
}

export interface LogChunk {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ReaderRecord[]
  /** Behind the last offset that was covered, be it of a record for readers or not; out of range: the first that is still there. */
  readonly nextOffset: number
  /** The last stable offset: where the next chunk ends at the latest. */
  readonly endOffset: number
  readonly problem?: 'OUT_OF_RANGE'
}

export interface LogReader {
  /**
   * Chunks in the order of the requests, which may name a partition more than once.
   *
   * @example const [chunk] = await reader.read([{ topic, partition: 0, offset, bytesMax: 64 * 1024 }])
   */
  read (requests: readonly LogRequest[]): Promise<LogChunk[]>
  /** As `read`, but what can't be had hides nothing else: undefined in its place. */
  readWhatCan (requests: readonly LogRequest[]): Promise<(LogChunk | undefined)[]>
  /** What a group has committed for these partitions, in their order; undefined where nothing. */
  committed (groupId: string, partitions: readonly { readonly topic: string, readonly partition: number }[]): Promise<(number | undefined)[]>
  close (): Promise<void>
}

interface Pending { readonly request: LogRequest, readonly index: number, state: 'fresh' | 'had no room' | 'failed' }
interface Failure { readonly type: string, readonly at?: LogRequest, readonly cause?: unknown }

const attemptsMax = 10
/** Who names a partition that isn't there shall not wait long; one just made is known everywhere in less. */
const unknownAttemptsMax = 5
const backoff = { firstMs: 20, mostMs: 1_000 }
const closeMsMax = 3_000
const topicsMax = 5_000
const groupsMax = 5_000
const unknownPartition = 'UNKNOWN_TOPIC_OR_PARTITION'

export interface LogReaderOptions {
  readonly kafka: Kafka
  readonly logger: Pick<Logger, 'debug'>
  /** Longest answer of one call; 15,000 ms by default. */
  readonly readMsMax?: number
}

export const startLogReader = ({ kafka, logger, readMsMax = 15_000 }: LogReaderOptions): Promise<LogReader> =>
  logReaderOn(() => clusterOf(kafka), logger, readMsMax)

/** `openCluster` makes a client that isn't connected yet. */
export async function logReaderOn (openCluster: () => BrokerCluster, logger: Pick<Logger, 'debug'>, readMsMax: number): Promise<LogReader> {
  const cluster = openCluster()
  await cluster.connect()
  try {
    await cluster.refreshMetadata()
  } catch (error) {
    await cluster.disconnect()
    throw error
  }
  return new DirectReader(cluster, openCluster, logger, readMsMax)
}

class DirectReader implements LogReader {
  #cluster: BrokerCluster
  readonly #openCluster: () => BrokerCluster
  readonly #logger: Pick<Logger, 'debug'>
  readonly #readMsMax: number
  readonly #coordinators = new Map<string, string | number>()
  #closed = false

  constructor (cluster: BrokerCluster, openCluster: () => BrokerCluster, logger: Pick<Logger, 'debug'>, readMsMax: number) {
    this.#cluster = cluster
    this.#openCluster = openCluster
    this.#logger = logger
    this.#readMsMax = readMsMax
  }

  async read (requests: readonly LogRequest[]): Promise<LogChunk[]> {
    const chunks = new Array<LogChunk | undefined>(requests.length)
    await this.#readInto(chunks, requests)
    return chunks as LogChunk[]
  }

  async readWhatCan (requests: readonly LogRequest[]): Promise<(LogChunk | undefined)[]> {
    const chunks = new Array<LogChunk | undefined>(requests.length)
    await this.#readInto(chunks, requests).catch((error: unknown) => {
      if (!(error instanceof CodedError) || !error.retriable) throw error
      this.#logger.debug({ err: error }, 'not all of the log could be read')
    })
    // What is still under way must not change what was answered.
    return [...chunks]
  }

  async #readInto (chunks: (LogChunk | undefined)[], requests: readonly LogRequest[]): Promise<void> {
    this.#knowTopics(requests)
    let pending = requests.map((request, index): Pending => ({ request, index, state: 'fresh' }))
    await this.#persist(`${requests.length} partitions`, async () => {
      while (pending.length > 0) {
        const failure = await this.#round(pending, chunks)
        const rest = pending.filter(({ index }) => chunks[index] === undefined)
        const isStuck = rest.length === pending.length
        pending = rest
        if (failure !== undefined && isStuck) return failure
      }
      return undefined
    })
  }

  async committed (groupId: string, partitions: readonly { readonly topic: string, readonly partition: number }[]): Promise<(number | undefined)[]> {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
    const topics = [...byTopic].map(([topic, some]) => ({ topic, partitions: some.map(({ partition }) => ({ partition })) }))
    const offsets = new Map<string, number>()
    await this.#persist(`offsets of ${groupId}`, async () => {
      try {
        const { responses } = await (await this.#coordinator(groupId)).offsetFetch({ groupId, topics })
        for (const { topic, partitions } of responses) for (const { partition, offset } of partitions) offsets.set(`${topic}/${partition}`, Number(offset))
        return undefined
      } catch (error) {
        this.#coordinators.delete(groupId)
        return failed(error)
      }
    })
    return partitions.map(({ topic, partition }) => {
      const offset = offsets.get(`${topic}/${partition}`) ?? -1
      return offset < 0 ? undefined : offset
    })
  }

  async close (): Promise<void> {
    this.#closed = true
    await within(closeMsMax, this.#cluster.disconnect())
  }

  /** One request per leader. The failure, if there was one, is that of some partition; the others have their chunks. */
  async #round (pending: readonly Pending[], chunks: (LogChunk | undefined)[]): Promise<Failure | undefined> {
    const byLeader = Map.groupBy(pending, this.#leaders())
    const failures = await Promise.all([...byLeader].map(async ([leader, some]) =>
      leader === undefined ? { type: unknownPartition, at: some[0]!.request } : this.#fetch(leader, togetherIn(some), chunks)))
    return failures.find(failure => failure !== undefined)
  }

  async #fetch (leader: number, asked: readonly Pending[], chunks: (LogChunk | undefined)[]): Promise<Failure | undefined> {
    let broker: Broker | undefined
    let failure: Failure | undefined
    try {
      broker = await this.#cluster.findBroker({ nodeId: leader })
      const answers = await fetchCommitted(broker, asked.map(({ request }) => request))
      for (const [i, one] of asked.entries()) {
        const answer = answers[i]
        const type = answer === undefined ? 'NOT_ANSWERED' : answer.errorCode === 0 ? undefined : typeOf(answer.errorCode)
        if (type === 'OFFSET_OUT_OF_RANGE') chunks[one.index] = await outOfRange(broker, one.request)
        else if (type === undefined) chunks[one.index] = chunkOf(one.request, answer!, asked.length === 1)
        else failure = { type, at: one.request }
        one.state = type === undefined ? 'had no room' : 'failed'
      }
    } catch (error) {
      failure = failed(error)
      // kafkajs keeps taking a broken connection for a good one until it is told.
      if (isNoAnswer(error)) await broker?.disconnect()
    }
    return failure
  }

  #leaders (): (one: Pending) => number | undefined {
    const leaders = new Map<string, Map<number, number>>()
    return ({ request: { topic, partition } }) => {
      let ofTopic = leaders.get(topic)
      if (ofTopic === undefined) {
        ofTopic = new Map(this.#cluster.findTopicPartitionMetadata(topic).map(({ partitionId, leader }) => [partitionId, leader]))
        leaders.set(topic, ofTopic)
      }
      const leader = ofTopic.get(partition)
      return leader === undefined || leader < 0 ? undefined : leader
    }
  }

  /** A refresh of the metadata forgets all topics but these. */
  #knowTopics (requests: readonly LogRequest[]): void {
    if (this.#cluster.targetTopics.size >= topicsMax) this.#cluster.targetTopics = new Set()
    for (const { topic } of requests) this.#cluster.targetTopics.add(topic)
  }

  async #coordinator (groupId: string): Promise<Broker> {
    const nodeId = this.#coordinators.get(groupId)
    if (nodeId !== undefined) return this.#cluster.findBroker({ nodeId })
    const broker = await this.#cluster.findGroupCoordinator({ groupId })
    if (this.#coordinators.size >= groupsMax) this.#coordinators.clear()
    this.#coordinators.set(groupId, broker.nodeId)
    return broker
  }

  /** L5. The topics are known again from the next question on. */
  #beginAnew (stuck: BrokerCluster): void {
    // Another read may have done so.
    if (this.#cluster !== stuck) return
    this.#logger.debug({ readMsMax: this.#readMsMax }, 'the client gave no answer; another one is made')
    this.#cluster = this.#openCluster()
    this.#cluster.targetTopics = new Set(stuck.targetTopics)
    this.#coordinators.clear()
    void within(closeMsMax, stuck.disconnect()).catch(() => undefined)
  }

  async #persist (what: string, attempt: () => Promise<Failure | undefined>): Promise<void> {
    const asked = this.#cluster
    let failure: Failure | undefined
    let isOver = false
    const trying = async (): Promise<void> => {
      for (let count = 1; !isOver && !this.#closed; count++) {
        failure = await attempt().catch(failed)
        if (failure === undefined || count >= (failure.type === unknownPartition ? unknownAttemptsMax : attemptsMax)) return
        this.#logger.debug({ what, type: failure.type, count }, 'a read of the log is tried again')
        await pause(backoffMs(count, backoff, Math.random()))
        await this.#cluster.refreshMetadata().catch((error: unknown) => { failure = failed(error) })
      }
    }
    const end = await within(this.#readMsMax, trying())
    isOver = true
    if (this.#closed) throw new CodedError<RuntimeErrorCode>('READ_STALLED', 'the reader of the log is closed')
    if (end !== tooLate && failure === undefined) return
    if (failure === undefined) this.#beginAnew(asked)
    const { type = `no answer in ${this.#readMsMax} ms`, at, cause } = failure ?? {}
    const code: RuntimeErrorCode = type === unknownPartition ? 'UNKNOWN_PARTITION' : 'READ_STALLED'
    throw new CodedError<RuntimeErrorCode>(code, `${what} could not be read: ${type}${at === undefined ? '' : ` at ${at.topic}/${at.partition}`}`, { retriable: true, cause })
  }
}

/** Each partition once, as an answer has but one place for it; then, one alone for which there was no room (L3); failed ones last. */
function togetherIn (pending: readonly Pending[]): Pending[] {
  const once = (some: readonly Pending[]) => [...new Map(some.toReversed().map(one => [`${one.request.topic}/${one.request.partition}`, one])).values()].reverse()
  const fresh = pending.filter(({ state }) => state === 'fresh')
  if (fresh.length > 0) return once(fresh)
  const alone = pending.find(({ state }) => state === 'had no room')
  return alone === undefined ? once(pending) : [alone]
}

/** Undefined where there is something to read and the answer had no room for it. */
function chunkOf (request: LogRequest, { lastStableOffset, abortedTransactions, messages }: FetchedPartition, isAlone: boolean): LogChunk | undefined {
  const { topic, partition, offset } = request
  leaveOutAborted(messages, abortedTransactions)
  const last = messages.at(-1)
  const stable = Number(lastStableOffset)
  if (last === undefined) {
    if (!isAlone && stable > offset) return undefined
    // Compaction leaves gaps: from there on the broker had nothing at all.
    return { topic, partition, records: [], nextOffset: Math.max(offset, stable), endOffset: stable }
  }
  const { batchContext } = last
  const nextOffset = 1 + (batchContext === undefined ? Number(last.offset) : Number(batchContext.firstOffset) + batchContext.lastOffsetDelta)
  const records = messages
    // A batch comes whole, also if its middle was asked for.
    .filter(message => !message.isControlRecord && Number(message.offset) >= offset)
    .map(({ offset, timestamp, key, value, headers }): ReaderRecord => (
      { topic, partition, offset: Number(offset), appendedAtMs: Number(timestamp), key, value, headers: headers ?? {} }))
  return { topic, partition, records, nextOffset: Math.max(offset, nextOffset), endOffset: Math.max(stable, nextOffset) }
}

async function outOfRange (broker: Broker, { topic, partition }: LogRequest): Promise<LogChunk> {
  const { low, end } = await offsetBounds(broker, topic, partition)
  return { topic, partition, records: [], nextOffset: low, endOffset: end, problem: 'OUT_OF_RANGE' }
}

const failed = (error: unknown): Failure => {
  const { type, name } = error as { readonly type?: unknown, readonly name?: unknown }
  return { type: String(type ?? name), cause: error }
}
const isNoAnswer = (error: unknown): boolean => (error as { readonly type?: unknown }).type === undefined
