// Sources that are plain Kafka clients: what is intended is written down before it is sent, with the id that it will have.
//
// Invariants:
//   S1. One batch is in flight at a time, so the order of sending is the order of the log.
//   S2. Sends don't wait for answers: what is due is sent, and what a slow broker held up is sent as soon as it can be.
//   S3. A failed batch costs its producer, and is not sent again: whether the broker has it is not known.
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import { randomOf } from '../core/random.ts'
import { type Sending, sendingOf, type SourcePlan } from '../core/workload.ts'
import type { Value, WireFormat } from '../reader/avro.ts'
import type { HistoryFile } from './history-file.ts'
import { payloadBytes, payloadHash, payloadOf } from './payload.ts'
import { partitionOf } from './partitioning.ts'
import { type PlainKey, plainKeyOf, signAlone } from './plain-signature.ts'

export interface PlainSourceOptions {
  readonly plan: SourcePlan
  readonly seed: number
  readonly brokers: readonly string[]
  readonly namespace: string
  readonly taskCount: number
  readonly wire: WireFormat
  readonly history: HistoryFile
}

/** `token` is null on what the history need not know of: a cancellation. */
interface Outgoing {
  readonly id: string
  readonly token: string | null
  readonly key: string
  readonly topic: string
  readonly partition: number
  readonly value: Buffer
}

const tickMs = 10
/** What follows comes after this many others; a cancellation while it may still be waited for. */
const followAfter = { repeat: 25, 'keyed repeat': 12, cancel: 3 } as const
export const answersPartitions = 4

export class PlainSource {
  readonly #options: PlainSourceOptions
  readonly #kafka: Kafka
  readonly #key: PlainKey
  #producer: Producer | undefined
  readonly #followers: { readonly at: number, readonly outgoing: Outgoing }[] = []
  sent = 0
  failed = 0

  constructor (options: PlainSourceOptions) {
    this.#options = options
    this.#key = plainKeyOf(options.seed, options.plan.name)
    const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 60 }
    this.#kafka = new Kafka({ clientId: options.plan.name, brokers: [...options.brokers], logLevel: logLevel.NOTHING, retry })
  }

  async run (loadFromMs: number, loadUntilMs: number, signal: AbortSignal): Promise<void> {
    const { plan, seed } = this.#options
    for (let number = 0; !signal.aborted && Date.now() < loadUntilMs;) {
      const due: Outgoing[] = []
      for (;; number++) {
        const next = sendingOf(seed, plan, number)
        if (loadFromMs + next.dueMs > Date.now()) break
        due.push(this.#outgoing(next, number))
      }
      const followers = this.#followers.filter(({ at }) => at <= number)
      for (const follower of followers) this.#followers.splice(this.#followers.indexOf(follower), 1)
      due.push(...followers.map(({ outgoing }) => outgoing))
      if (due.length > 0) await this.#send(due)
      await pause(tickMs)
    }
    await this.#producer?.disconnect().catch(() => undefined)
  }

  #outgoing (sending: Sending, number: number): Outgoing {
    const { plan, history } = this.#options
    const { token, workflow, priority, type, fillerBytes, followedBy } = sending
    const payload = payloadOf(token, fillerBytes)
    const times = followedBy === 'repeat' || followedBy === 'keyed repeat' ? 2 : 1
    history.note({ kind: 'intent', token, source: plan.name, workflow, priority, type, hash: payloadHash(payload), atMs: Date.now(), order: number, times })
    const id = `id-${token}`
    const bytes = payloadBytes(payload)
    const keyed = followedBy === 'keyed repeat' ? { idempotencyKey: token } : {}
    const outgoing = this.#dispatch(sending, id, token, { payload: bytes, ...keyed })
    if (followedBy !== null) {
      const follower = followedBy === 'repeat' ? outgoing
        : followedBy === 'cancel' ? this.#dispatch(sending, `${id}-cancel`, null, { type: 'cancel', inReplyTo: id, ttlMs: null })
          : this.#dispatch(sending, `${id}-again`, token, { payload: bytes, ...keyed })
      this.#followers.push({ at: number + followAfter[followedBy], outgoing: follower })
    }
    return outgoing
  }

  #dispatch ({ token: filledWith, workflow, priority, type, capability, ttlMs }: Sending, id: string, token: string | null, change: Value): Outgoing {
    const { plan, wire, seed, namespace, taskCount } = this.#options
    const body = wire.encode('mesh.dispatch.Dispatch', {
      dispatchId: id, workflowId: workflow, parentId: null, inReplyTo: null, chain: [], link: '', type, source: plan.name, sourceVersion: '1.0.0', sourceInstance: `${plan.name}-1`,
      target: null, capability, priority, issuedAtMs: Date.now(), ttlMs, replyPartition: randomOf(seed, filledWith, 'reply').between(0, answersPartitions - 1),
      idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null, error: null,
      contentType: 'application/json', payload: Buffer.alloc(0), ...change
    })
    const value = wire.encode('mesh.dispatch.SignedDispatch', { body, ...signAlone(this.#key, body) })
    return { id, token, key: workflow, topic: `${namespace}.dispatch.p${priority}`, partition: partitionOf(workflow, taskCount), value }
  }

  async #send (batch: readonly Outgoing[]): Promise<void> {
    const byTopic = Map.groupBy(batch, ({ topic }) => topic)
    const topicMessages = [...byTopic].map(([topic, records]) => ({ topic, messages: records.map(({ key, partition, value }) => ({ key, partition, value })) }))
    try {
      this.#producer ??= await this.#connected()
      const written = await this.#producer.sendBatch({ acks: -1, topicMessages })
      this.#noteAcks(batch, new Map(written.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, Number(baseOffset)])))
      this.sent += batch.length
    } catch {
      this.failed += batch.length
      await this.#producer?.disconnect().catch(() => undefined)
      this.#producer = undefined
    }
  }

  /** Records of one partition lie in one batch, in the order in which they were given. */
  #noteAcks (batch: readonly Outgoing[], baseOffsets: Map<string, number>): void {
    for (const { id, token, topic, partition } of batch) {
      const offset = baseOffsets.get(`${topic}/${partition}`)
      if (offset === undefined) continue
      baseOffsets.set(`${topic}/${partition}`, offset + 1)
      if (token !== null) this.#options.history.note({ kind: 'acked', token, id, place: `${topic}/${partition}/${offset}`, atMs: Date.now() })
    }
  }

  async #connected (): Promise<Producer> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
    await producer.connect()
    return producer
  }
}
