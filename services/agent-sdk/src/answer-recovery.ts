// Finds answers that an earlier run of a handler has had already. A handler that runs again sends the same ids; where
// the mesh says DUPLICATE because the call was answered then, the answer still lies in the agent's answers topic.
//
// Invariants:
//   R1. One pass at a time, for all that is wanted when it begins; it ends when all is found, at the end of the topic,
//       or after `passMsMax`. What isn't in a topic that was read to its end is `absent`; else it can't be told (undefined).
//   R2. At most `wantedMax` wait; one more is answered undefined at once.
//   R3. Nothing is read while nothing is wanted: the third consumer exists only during a pass.
import { noOwnRestart } from '@mesh/runtime'
import type { Kafka } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'

export interface AnswerRecoveryOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly groupPrefix: string
  /** Whether a record under this key is an answer, not something about one. */
  readonly isAnswer: (value: Buffer) => boolean
  readonly logger: Logger
}

export type Found = Buffer | 'absent' | undefined

interface Wanted {
  readonly sinceMs: number
  readonly found: (value: Found) => void
}

const wantedMax = 1_000
const passMsMax = 8_000
/** How far clocks may lie apart: the topic's timestamps are its writers'. */
const clockMarginMs = 60_000

export class AnswerRecovery {
  readonly #options: AnswerRecoveryOptions
  #wanted = new Map<string, Wanted>()
  #passing = false
  #closed = false

  constructor (options: AnswerRecoveryOptions) { this.#options = options }

  /** The record that answered the dispatch, looked for from this broker time on. */
  find (dispatchId: string, sinceMs: number): Promise<Found> {
    if (this.#closed || this.#wanted.size >= wantedMax) return Promise.resolve(undefined)
    return new Promise(resolve => {
      this.#wanted.get(dispatchId)?.found(undefined)
      this.#wanted.set(dispatchId, { sinceMs, found: resolve })
      if (!this.#passing) void this.#run()
    })
  }

  close (): void { this.#closed = true }

  async #run (): Promise<void> {
    this.#passing = true
    while (this.#wanted.size > 0) {
      const wanted = this.#wanted
      this.#wanted = new Map()
      const asked = wanted.size
      let isWhole = false
      try {
        isWhole = await this.#pass(wanted)
      } catch (error) {
        this.#options.logger.warn({ error: (error as Error).message }, 'earlier answers could not be looked for')
      }
      this.#options.logger.info({ wanted: asked, found: asked - wanted.size }, 'looked for answers of an earlier run')
      for (const { found } of wanted.values()) found(isWhole ? 'absent' : undefined)
    }
    this.#passing = false
  }

  /** Takes out of `wanted` what it finds; true when it has read everything. */
  async #pass (wanted: Map<string, Wanted>): Promise<boolean> {
    const { kafka, topic, groupPrefix, isAnswer } = this.#options
    const sinceMs = Math.min(...Array.from(wanted.values(), ({ sinceMs }) => sinceMs)) - clockMarginMs
    const left = await this.#ranges(sinceMs)
    if (left.size === 0) return true
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const timer = setTimeout(end, passMsMax)
    // A group of its own gets all partitions; the agent's name and a dot begin it, as its rights ask.
    const consumer = kafka.consumer({ groupId: `${groupPrefix}.recovery.${randomUUID()}`, maxWaitTimeInMs: 100, retry: noOwnRestart })
    // What a pass has not found, the next one looks for.
    consumer.on(consumer.events.CRASH, () => end())
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      consumer.on(consumer.events.GROUP_JOIN, () => { for (const [partition, { from }] of left) consumer.seek({ topic, partition, offset: String(from) }) })
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch, isStale }) => {
          if (isStale()) return
          for (const { key, value } of batch.messages) {
            const asked = key === null ? undefined : wanted.get(key.toString())
            if (asked === undefined || value === null || !isAnswer(value)) continue
            wanted.delete(key!.toString())
            asked.found(value)
          }
          const range = left.get(batch.partition)
          if (range !== undefined && Number(batch.lastOffset()) + 1 >= range.to) left.delete(batch.partition)
          if (wanted.size === 0 || left.size === 0) end()
        }
      })
      await over
      return left.size === 0
    } finally {
      clearTimeout(timer)
      await consumer.disconnect()
    }
  }

  /** Offsets to read by partition, without those where nothing lies. */
  async #ranges (sinceMs: number): Promise<Map<number, { from: number, to: number }>> {
    const { kafka, topic } = this.#options
    const admin = kafka.admin()
    await admin.connect()
    try {
      const [from, to] = await Promise.all([admin.fetchTopicOffsetsByTimestamp(topic, sinceMs), admin.fetchTopicOffsets(topic)])
      const ranges = from.map(({ partition, offset }) =>
        [partition, { from: Number(offset), to: Number(to.find(end => end.partition === partition)?.high ?? 0) }] as const)
      return new Map(ranges.filter(([, range]) => range.from < range.to))
    } finally {
      await admin.disconnect()
    }
  }
}
