// Reads an agent's four inbox topics and hands each delivery to the instance: urgent first, bounded, at least once.
//
// Invariants:
//   N1. A partition's committed offset never passes a delivery that isn't done; what is left is read again by whoever
//       has the partition next. (Ids derived from the dispatch make the second run harmless.)
//   N2. Buffers are bounded per partition; a full one pauses its partition. Handlers are bounded by this instance's share of
//       maxConcurrent, which the group's leader gives out; a handler counts until it ends, also when its partition has gone.
//   N3. A rebalance waits for running handlers, at most handoffMs, so that moving partitions seldom means running twice.
//       A handler that takes longer goes on; its answer counts if it comes first.
//   N4. A record that can't be read is logged without content, counted and passed over.
import { TakePolicy } from '@mesh/runtime'
import { type Codec, CodecError } from '@mesh/schemas'
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { InboxBuffers } from './core/inbox-buffers.ts'
import { type Grant, inboxAssigner } from './inbox-assigner.ts'
import { InboxOffsets, type Owned } from './inbox-offsets.ts'
import type { AgentInstance } from './instance.ts'
import type { Received } from './pipeline.ts'
import { fromWire } from './wire.ts'

export interface InboxOptions {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly groupId: string
  /** By priority, 0 to 3. */
  readonly topics: readonly string[]
  readonly maxConcurrent: number
  readonly handoffMs: number
  readonly instance: AgentInstance
  readonly logger: Logger
}

interface Waiting {
  readonly owned: Owned
  readonly offset: number
  readonly received: Received
}

const bufferBounds = { recordsMax: 64, bytesMax: 256 * 1024 }
const restartPauseMs = 1_000
const sessionTimeoutMs = 6_000
/** While a rejoin waits nothing is said to the broker, so it must end well within the session. */
const handoffMsMax = 4_000

export class Inbox {
  readonly #options: InboxOptions
  readonly #consumer: Consumer
  readonly #buffers = new InboxBuffers<Waiting>(bufferBounds, new TakePolicy())
  readonly #offsets: InboxOffsets
  #grant: Grant = { handlers: 0, asksAgainAt: null, instances: 1 }
  #memberId = ''
  #held = false
  #rebalancing = false
  #closing = false
  #joined = Promise.withResolvers<void>()
  #problem: string | undefined = 'has not joined its group yet'
  #heartbeatAtMs = 0
  #restarter: NodeJS.Timeout | undefined

  constructor (options: InboxOptions) {
    this.#options = options
    const assigner = inboxAssigner({
      maxConcurrent: options.maxConcurrent, logger: options.logger, owned: () => this.#offsets.ownedByTopic(), running: () => options.instance.running,
      beforeRejoin: () => this.#handOff(), onGrant: grant => { this.#grant = grant }, asksAgain: () => this.#asksAgain()
    })
    this.#consumer = options.kafka.consumer({
      groupId: options.groupId, partitionAssigners: [assigner],
      sessionTimeout: sessionTimeoutMs, rebalanceTimeout: 3 * sessionTimeoutMs, heartbeatInterval: 500,
      maxWaitTimeInMs: 200, maxBytesPerPartition: bufferBounds.bytesMax, maxBytes: 8 * 1024 * 1024
    })
    this.#offsets = new InboxOffsets(this.#consumer, options.logger)
  }

  get queued (): number { return this.#buffers.size }
  /** Instances in the group. */
  get instances (): number { return this.#grant.instances }
  get problem (): string | undefined {
    if (this.#problem !== undefined) return this.#problem
    const silentMs = performance.now() - this.#heartbeatAtMs
    return silentMs > 2 * sessionTimeoutMs ? `no word from the inbox group for ${Math.round(silentMs / 1_000)} s` : undefined
  }

  /** Resolves when this instance has joined the group. */
  async start (): Promise<void> {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events
    this.#consumer.on(HEARTBEAT, () => { this.#heartbeatAtMs = performance.now() })
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberId, payload.memberAssignment))
    this.#consumer.on(REBALANCING, () => { this.#held = this.#rebalancing = true })
    this.#consumer.on(CRASH, ({ payload }) => this.#onCrash(payload.error, payload.restart))
    await this.#run()
    await this.#joined.promise
  }

  async #run (): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: payload => this.#onBatch(payload) })
  }

  /** Begins nothing any more; what runs goes on. */
  hold (): void {
    if (this.#closing) return
    this.#closing = this.#held = true
    clearTimeout(this.#restarter)
    // Heartbeats go on; without the pause what is not taken would be fetched again and again.
    if (this.#memberId !== '') this.#consumer.pause(this.#options.topics.map(topic => ({ topic })))
  }

  /** Commits what is done and leaves the group. */
  async close (): Promise<void> {
    this.hold()
    for (let left = this.#buffers.size; left > 0; left--) this.#options.instance.counters.add('redelivered')
    await this.#offsets.commit()
    this.#offsets.close()
    await this.#consumer.disconnect()
  }

  #onJoin (memberId: string, assignment: Readonly<Record<string, readonly number[]>>): void {
    // Another member id means that this one was out of the group for a while: nothing is known to be still its own.
    const known = memberId === this.#memberId
    this.#memberId = memberId
    this.#heartbeatAtMs = performance.now()
    const { topics, instance } = this.#options
    const change = this.#offsets.assign(assignment, topics, known)
    for (const owned of change.lost) {
      this.#buffers.close(owned.key)
      instance.supersede(owned.running)
    }
    for (const owned of change.gained) {
      this.#buffers.open(owned.key, owned.priority)
      // Pauses survive rejoins.
      this.#consumer.resume([{ topic: owned.topic, partitions: [owned.partition] }])
    }
    this.#held = this.#closing
    this.#problem = undefined
    this.#options.logger.info({ partitions: this.#offsets.size, ...this.#grant, lost: change.lost.length, gained: change.gained.length }, 'joined the inbox group')
    this.#joined.resolve()
    this.#pump()
  }

  async #handOff (): Promise<void> {
    // What the group is told of what runs must hold until it has given out the shares.
    this.#held = true
    // Once a rebalance, however often the join is tried; and a member that was thrown out has nothing to wait for.
    if (!this.#rebalancing) return
    this.#rebalancing = false
    const { instance, logger } = this.#options
    const handoffMs = Math.min(this.#options.handoffMs, handoffMsMax)
    const isIdle = await instance.idle(handoffMs)
    if (!isIdle) logger.info({ running: instance.running, handoffMs }, 'a rebalance goes on while handlers run; they may run again elsewhere')
    await this.#offsets.commit()
  }

  async #onBatch ({ batch, isStale, isRunning, resolveOffset }: EachBatchPayload): Promise<void> {
    if (this.#closing || isStale() || !isRunning()) return
    const owned = this.#offsets.at(batch.topic, batch.partition)
    if (owned === undefined) return
    const inFlight = this.#offsets.begin(owned, Number(batch.firstOffset() ?? batch.messages[0]!.offset))
    let taken = 0
    for (const message of batch.messages) {
      const offset = Number(message.offset)
      if (offset >= inFlight.nextOffset) {
        if (!this.#buffers.hasRoom(owned.key)) break
        inFlight.take(offset)
        const received = await this.#read(message)
        // The partition may have gone while the schema of one record was looked up.
        if (this.#offsets.at(batch.topic, batch.partition) !== owned) return
        if (received === undefined) this.#offsets.done(owned, offset)
        else this.#buffers.put(owned.key, { owned, offset, received }, message.value!.length, received.delivery.decision.decidedAtMs)
      }
      taken++
    }
    if (taken === batch.messages.length) this.#offsets.skip(owned, Number(batch.lastOffset()) + 1)
    if (inFlight.nextOffset > 0) resolveOffset(String(inFlight.nextOffset - 1))
    if (this.#buffers.pauses(owned.key)) this.#consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }])
    this.#pump()
  }

  async #read (message: KafkaMessage): Promise<Received | undefined> {
    const { codec, instance, logger } = this.#options
    for (const isRetry of [false, true]) {
      try {
        if (message.value === null) throw new CodecError('GARBAGE', 'the record has no value')
        const received = fromWire(codec, message.value)
        if (received.dispatch.type !== 'request' && received.dispatch.type !== 'event') throw new CodecError('WRONG_RECORD', 'an answer in an inbox')
        instance.observe(received.delivery)
        return received
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        if (error.code === 'UNKNOWN_SCHEMA_ID' && !isRetry) {
          await codec.refresh().catch(() => {})
          continue
        }
        instance.counters.add('garbage')
        logger.error({ code: error.code, offset: message.offset, bytes: message.value?.length ?? 0 }, 'an inbox record could not be read; passed over')
        return undefined
      }
    }
    return undefined
  }

  #pump (): void {
    const { instance } = this.#options
    while (!this.#held && instance.running < this.#grant.handlers) {
      const next = this.#buffers.take(instance.brokerNowMs())
      if (next === undefined) return
      if (next.resume !== undefined) {
        const { topic, partition } = next.record.owned
        this.#consumer.resume([{ topic, partitions: [partition] }])
      }
      void this.#handle(next.record)
    }
  }

  async #handle ({ owned, offset, received }: Waiting): Promise<void> {
    owned.running.add(received.dispatch.dispatchId)
    try {
      const outcome = await this.#options.instance.receive(received)
      if (outcome.type === 'done') this.#offsets.done(owned, offset)
      else this.#options.instance.counters.add('redelivered')
    } catch (error) {
      // A bug of the SDK: not done, so that the record isn't lost.
      this.#options.logger.error({ err: error, dispatchId: received.dispatch.dispatchId }, 'handling failed outside the handler')
    } finally {
      owned.running.delete(received.dispatch.dispatchId)
      this.#pump()
    }
  }

  /** Others wait for what runs here, and it has ended by now; asked for once. */
  #asksAgain (): boolean {
    const { asksAgainAt } = this.#grant
    if (this.#held || asksAgainAt === null || this.#options.instance.running > asksAgainAt) return false
    this.#grant = { ...this.#grant, asksAgainAt: null }
    return true
  }

  #onCrash (error: Error, restarts: boolean): void {
    this.#problem = `the inbox consumer stopped: ${error.message}`
    this.#options.logger.error({ error: error.message, restarts }, 'the inbox consumer stopped; it is started again')
    if (restarts || this.#closing) return
    this.#restarter = setTimeout(() => {
      if (!this.#closing) this.#run().catch((failure: Error) => this.#onCrash(failure, false))
    }, restartPauseMs)
  }
}
