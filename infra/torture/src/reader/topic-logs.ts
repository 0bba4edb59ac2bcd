// Reads topics to their ends, uncommitted records and markers included, and goes on from there at the next call.
//
// Invariants:
//   T1. Every record is told once, in order of offset within its partition and fate.
//   T2. Nothing is believed but what lies in the log: the fate of each record comes from its transaction's marker.
import { TransactionFate } from '../core/transaction-fate.ts'
import type { Fate } from '../core/history.ts'
import { BrokerConnection } from './broker-connection.ts'
import { batchesIn, type RawRecord } from './record-batch.ts'
import { array, int32, int64, int8, type Reading, string } from './wire.ts'

export interface ReadRecord extends RawRecord {
  readonly topic: string
  readonly partition: number
  readonly fate: Fate
}

interface PartitionLog {
  readonly topic: string
  readonly partition: number
  nextOffset: number
  isAtEnd: boolean
  readonly fates: TransactionFate<RawRecord>
}

const [fetchApi, metadataApi] = [1, 3]
const partitionBytes = 4 * 1_024 * 1_024
const answerBytes = 32 * 1_024 * 1_024

export class TopicLogs {
  readonly #connection: BrokerConnection
  readonly #logs = new Map<string, PartitionLog>()
  readonly #isWanted: (topic: string) => boolean

  constructor (address: string, isWanted: (topic: string) => boolean) {
    this.#connection = new BrokerConnection(address)
    this.#isWanted = isWanted
  }

  /** All that was appended since the last call, of topics made since, too. Rejects when the broker is away; then call again. */
  async readOn (take: (record: ReadRecord) => void): Promise<void> {
    await this.#findPartitions()
    for (const log of this.#logs.values()) log.isAtEnd = false
    for (;;) {
      const behind = [...this.#logs.values()].filter(({ isAtEnd }) => !isAtEnd)
      if (behind.length === 0) return
      await this.#fetch(behind, take)
    }
  }

  /** What belongs to transactions that have not ended. */
  open (): ReadRecord[] {
    return [...this.#logs.values()].flatMap(({ topic, partition, fates }) => fates.open().map(({ record, fate }) => ({ ...record, topic, partition, fate })))
  }

  close (): void { this.#connection.close() }

  async #findPartitions (): Promise<void> {
    const answer = await this.#connection.ask(metadataApi, 1, int32(-1))
    answer.array(() => [answer.int32(), answer.string(), answer.int32(), answer.string()])
    answer.int32() // controller
    answer.array(() => {
      const [, topic] = [answer.int16(), answer.string()!]
      answer.int8() // internal
      const partitions = answer.array(() => {
        const [, partition] = [answer.int16(), answer.int32()]
        answer.int32() // leader
        answer.array(() => answer.int32())
        answer.array(() => answer.int32())
        return partition
      })
      if (!this.#isWanted(topic)) return
      for (const partition of partitions) {
        const key = `${topic}/${partition}`
        if (!this.#logs.has(key)) this.#logs.set(key, { topic, partition, nextOffset: 0, isAtEnd: false, fates: new TransactionFate() })
      }
    })
  }

  async #fetch (behind: readonly PartitionLog[], take: (record: ReadRecord) => void): Promise<void> {
    const topics = [...Map.groupBy(behind, ({ topic }) => topic)].map(([topic, logs]) => Buffer.concat([
      string(topic), array(logs.map(({ partition, nextOffset }) => Buffer.concat([int32(partition), int64(BigInt(nextOffset)), int32(partitionBytes)])))
    ]))
    // A client's replica id, no wait, no least size; isolation: everything.
    const answer = await this.#connection.ask(fetchApi, 4, Buffer.concat([int32(-1), int32(0), int32(0), int32(answerBytes), int8(0), array(topics)]))
    answer.int32() // throttled
    let isAnyMoved = false
    answer.array(() => {
      const topic = answer.string()!
      answer.array(() => { isAnyMoved = this.#takePartition(topic, answer, take) || isAnyMoved })
    })
    // The answer's size is bounded, so what has no records in it may merely have found no room; when none moved, all are at their ends.
    if (!isAnyMoved) for (const log of behind) log.isAtEnd = true
  }

  #takePartition (topic: string, answer: Reading, take: (record: ReadRecord) => void): boolean {
    const log = this.#logs.get(`${topic}/${answer.int32()}`)!
    const error = answer.int16()
    const endOffset = Number(answer.int64())
    answer.int64() // last stable offset
    answer.array(() => [answer.int64(), answer.int64()])
    const bytes = answer.nullableBytes()
    if (error !== 0) throw new Error(`${topic}/${log.partition} could not be read at ${log.nextOffset}: error ${error}`)
    const { partition } = log
    const before = log.nextOffset
    for (const batch of batchesIn(bytes ?? Buffer.alloc(0))) {
      if (batch.baseOffset < log.nextOffset) continue
      for (const { record, fate } of log.fates.take(batch)) take({ ...record, topic, partition, fate })
      log.nextOffset = batch.nextOffset
    }
    if (log.nextOffset >= endOffset) log.isAtEnd = true
    return log.nextOffset > before
  }
}
