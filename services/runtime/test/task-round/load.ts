// Inputs of a run: which keys, kinds and lanes, at what rate. What was sent is known afterwards, to be checked against.
import type { Admin, Kafka, Producer } from 'kafkajs'
import { pino } from 'pino'
import { createKafka } from '../../src/kafka.ts'
import type { InputValue, Kind } from './checking-logic.ts'
import type { RunTopics } from './run-topics.ts'

const keyCount = 40
const tickMs = 10
/** What a run that hangs may send before its test fails. */
const inputsMax = 60_000

export const testKafka = (brokers: readonly string[], clientId: string): Kafka => createKafka({ brokers, clientId, logger: pino({ level: 'silent' }) })

export interface SentInput extends InputValue { readonly lane: number }

export class Load {
  readonly sent: SentInput[] = []
  readonly #topics: RunTopics
  readonly #taskCount: number
  readonly #producer: Producer
  readonly #seqs = new Map<string, number>()

  constructor (kafka: Kafka, topics: RunTopics, taskCount: number) {
    this.#topics = topics
    this.#taskCount = taskCount
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  }

  connect (): Promise<void> { return this.#producer.connect() }
  close (): Promise<void> { return this.#producer.disconnect() }

  /** So many inputs at once. */
  async burst (total: number): Promise<void> { await this.send(this.#mixed(total)) }

  /** Inputs at a rate, until the given promise is fulfilled, or `inputsMax`. */
  async whileBusy (perSecond: number, busy: Promise<unknown>): Promise<void> {
    let isOver = false
    const over = busy.finally(() => { isOver = true })
    const startedMs = performance.now()
    for (let sent = 0; !isOver && sent < inputsMax;) {
      const due = Math.ceil((performance.now() - startedMs) * perSecond / 1_000)
      await this.send(this.#mixed(due - sent))
      sent = due
      await new Promise(resolve => setTimeout(resolve, tickMs))
    }
    await over
  }

  /** One in ten sets a timer, one in ten is deferred; lanes and keys take turns. */
  #mixed (count: number): SentInput[] {
    return Array.from({ length: count }, () => {
      const i = this.sent.length
      return this.input((i * 7 + (i % 3)) % 4, i % 10 === 1 ? 'timer' : i % 10 === 2 ? 'defer' : 'plain', i % keyCount)
    })
  }

  input (lane: number, kind: Kind, keyNumber: number, padding?: number): SentInput {
    const key = `k${keyNumber}`
    const seq = (this.#seqs.get(`${key}/${lane}`) ?? 0) + 1
    this.#seqs.set(`${key}/${lane}`, seq)
    const input = { id: `${key}/${lane}/${seq}`, key, seq, kind, lane, ...padding === undefined ? {} : { padding: 'x'.repeat(padding) } }
    this.sent.push(input)
    return input
  }

  async send (inputs: readonly SentInput[], compression?: 0 | 1): Promise<void> {
    const ofLane = (lane: number) => inputs.filter(input => input.lane === lane).map(input => this.#message(input))
    const filled = this.#topics.inputs.map((topic, lane) => ({ topic, messages: ofLane(lane) })).filter(({ messages }) => messages.length > 0)
    if (filled.length > 0) await this.#producer.sendBatch({ acks: -1, topicMessages: filled, ...compression === undefined ? {} : { compression } })
  }

  #message (input: SentInput) {
    return { key: input.key, partition: Number(input.key.slice(1)) % this.#taskCount, value: JSON.stringify(input) }
  }
}

export async function connectAdmin (brokers: readonly string[]): Promise<Admin> {
  const admin = testKafka(brokers, 'admin').admin()
  await admin.connect()
  return admin
}
