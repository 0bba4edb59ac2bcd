// Reads an agent's four inbox topics and hands each delivery to the instance: urgent first, bounded, at least once.
//
// Invariants:
//   N1. A partition's committed offset never passes a delivery that isn't done; what is left is read again by whoever
//       has the partition next. (Ids derived from the dispatch make the second run harmless.)
//   N2. Buffers are bounded per partition; a full one pauses its partition. Handlers are bounded by this instance's share of
//       maxConcurrent, which the group's leader gives out; a handler counts until it ends, also when its partition has gone.
//       While P0 is alive some places are kept for it (urgent-reserve.ts).
//   N3. A rebalance waits for running handlers, at most handoffMs, so that moving partitions seldom means running twice.
//       A handler that takes longer goes on; its answer counts if it comes first.
//   N4. A delivery whose handling ends the process again and again is set aside (careful-start.ts), so that the inbox goes on.
//   N5. A record that can't be read is logged without content, counted and passed over.
import { noOwnRestart, runAndComeBack, TakePolicy, within } from '@mesh/runtime'
import { type Codec, CodecError } from '@mesh/schemas'
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { CarefulStart } from './careful-start.ts'
import { InboxBuffers } from './core/inbox-buffers.ts'
import { placesKept } from './core/urgent-reserve.ts'
import { type Grant, inboxAssigner } from './inbox-assigner.ts'
import { InboxOffsets, type Owned } from './inbox-offsets.ts'
import type { AgentInstance } from './instance.ts'
import type { HandlingOutcome, Received } from './pipeline.ts'
import type { Senders } from './senders.ts'
import { StartMarks } from './start-marks.ts'
import { fromWire } from './wire.ts'

export interface InboxOptions {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly groupId: string
  /** By priority, 0 to 3. */
  readonly topics: readonly string[]
  readonly maxConcurrent: number
  readonly crashesMax: number
  readonly handoffMs: number
  readonly instance: AgentInstance
  readonly senders: Senders
  readonly logger: Logger
}

interface Waiting {
  readonly owned: Owned
  readonly offset: number
  readonly received: Received
}

const bufferBounds = { recordsMax: 64, bytesMax: 256 * 1024 }
/** About what a buffer has room for: what a fetch brings beyond that is decoded for nothing and fetched again. */
const fetchBytesMax = 64 * 1024
const sessionTimeoutMs = 6_000
/** While a rejoin waits nothing is said to the broker, so it must end well within the session. */
const handoffMsMax = 4_000

export class Inbox {
  readonly #options: InboxOptions
  readonly #consumer: Consumer
  readonly #buffers = new InboxBuffers<Waiting>(bufferBounds, new TakePolicy())
  readonly #offsets: InboxOffsets
  readonly #marks: StartMarks
  readonly #careful: CarefulStart<Waiting>
  #grant: Grant = { handlers: 0, asksAgainAt: null, instances: 1 }
  #memberId = ''
  #held = false
  #rebalancing = false
  #closing = false
  #joined = Promise.withResolvers<void>()
  #problem: string | undefined = 'has not joined its group yet'
  #heartbeatAtMs = 0
  #urgentAtMs = -Infinity
  #comeBackNoMore: () => PromiseLike<void> = async () => undefined

  constructor (options: InboxOptions) {
    this.#options = options
    const assigner = inboxAssigner({
      maxConcurrent: options.maxConcurrent, logger: options.logger, owned: () => this.#offsets.ownedByTopic(), running: () => options.instance.running,
      beforeRejoin: () => this.#handOff(), asksAgain: () => this.#asksAgain(), process: () => this.#marks.process,
      onGrant: (grant, processes) => { this.#grant = grant; this.#marks.onMembers(processes) }, onOffsets: offsets => this.#marks.onFound(offsets)
    })
    this.#consumer = options.kafka.consumer({
      groupId: options.groupId, partitionAssigners: [assigner], retry: noOwnRestart,
      sessionTimeout: sessionTimeoutMs, rebalanceTimeout: 3 * sessionTimeoutMs, heartbeatInterval: 500,
      maxWaitTimeInMs: 200, maxBytesPerPartition: fetchBytesMax, maxBytes: 8 * 1024 * 1024
    })
    this.#offsets = new InboxOffsets(this.#consumer, options.logger)
    this.#marks = new StartMarks(this.#consumer, options.logger)
    this.#careful = new CarefulStart(this.#marks, options.crashesMax, () => this.#offsets.commit())
  }

  get queued (): number { return this.#buffers.size + this.#careful.waiting }
  /** No further handler may be begun. */
  get isFull (): boolean { return this.#options.instance.running >= this.#grant.handlers }
  /** Instances in the group. */
  get instances (): number { return this.#grant.instances }
  get problem (): string | undefined {
    if (this.#problem !== undefined) return this.#problem
    const silentMs = performance.now() - this.#heartbeatAtMs
    return silentMs > sessionTimeoutMs ? `no word from the inbox group for ${Math.round(silentMs / 1_000)} s` : undefined
  }

  /** Resolves when this instance has joined the group. */
  async start (): Promise<void> {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events
    this.#consumer.on(HEARTBEAT, () => this.#onHeartbeat())
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberId, payload.memberAssignment))
    this.#consumer.on(REBALANCING, () => {
      this.#held = this.#rebalancing = true
      void this.#offsets.hold()
    })
    this.#consumer.on(CRASH, ({ payload }) => { this.#problem = `the inbox consumer stopped: ${payload.error.message}` })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    const run = () => this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: payload => this.#onBatch(payload) })
    this.#comeBackNoMore = await runAndComeBack(this.#consumer, run, this.#options.logger)
    await this.#joined.promise
  }

  /** Begins nothing any more; what runs goes on. */
  hold (): void {
    if (this.#closing) return
    this.#closing = this.#held = true
    // Heartbeats go on; without the pause what is not taken would be fetched again and again.
    if (this.#memberId !== '') this.#consumer.pause(this.#options.topics.map(topic => ({ topic })))
  }

  /** Commits what is done and leaves the group. */
  async close (): Promise<void> {
    this.hold()
    for (let left = this.queued; left > 0; left--) this.#options.instance.counters.add('redelivered')
    await this.#offsets.commit()
    await this.#marks.withdraw()
    this.#offsets.close()
    await this.#comeBackNoMore()
    await this.#consumer.disconnect()
  }

  /**
   * A join that failed because its coordinator was still loading is not tried again by kafkajs when the group goes on as it
   * was: heartbeats are taken, and nothing else would say that the wait is over.
   */
  #onHeartbeat (): void {
    this.#heartbeatAtMs = performance.now()
    if (!this.#held || this.#closing) return
    this.#held = this.#rebalancing = false
    this.#offsets.release()
    this.#pump()
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
      this.#careful.lose(owned)
      instance.supersede(owned.running)
    }
    for (const owned of change.gained) {
      this.#buffers.open(owned.key, owned.priority)
      // Pauses survive rejoins.
      this.#consumer.resume([{ topic: owned.topic, partitions: [owned.partition] }])
    }
    this.#held = this.#closing
    this.#offsets.release()
    this.#problem = undefined
    this.#options.logger.info({ partitions: this.#offsets.size, ...this.#grant, lost: change.lost.length, gained: change.gained.length }, 'joined the inbox group')
    this.#joined.resolve()
    this.#pump()
  }

  async #handOff (): Promise<void> {
    // What the group is told of what runs must hold until it has given out the shares.
    this.#held = true
    await within(handoffMsMax, this.#offsets.hold())
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
    if (owned.priority === 0) this.#urgentAtMs = performance.now()
    const inFlight = this.#offsets.begin(owned, Number(batch.firstOffset() ?? batch.messages[0]!.offset), Number(batch.highWatermark))
    // Else it is read again: this partition's start is not on record.
    if (!await this.#careful.begin(owned, this.#grant.handlers) || this.#offsets.at(batch.topic, batch.partition) !== owned) return
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
        else if (!this.#careful.takes({ owned, offset, received })) {
          this.#buffers.put(owned.key, { owned, offset, received }, message.value!.length, received.delivery.decision.decidedAtMs)
        }
      }
      taken++
    }
    if (taken === batch.messages.length) this.#offsets.skip(owned, Number(batch.lastOffset()) + 1)
    if (inFlight.nextOffset > 0) resolveOffset(String(inFlight.nextOffset - 1))
    if (this.#buffers.pauses(owned.key)) this.#consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }])
    this.#pump()
  }

  async #read (message: KafkaMessage): Promise<Received | undefined> {
    const { codec, instance, senders, logger } = this.#options
    for (const isRetry of [false, true]) {
      try {
        if (message.value === null) throw new CodecError('GARBAGE', 'the record has no value')
        const received = fromWire(codec, message.value)
        const { delivery, dispatch: { type, inReplyTo } } = received
        if (type !== 'request' && type !== 'event' && type !== 'cancel') throw new CodecError('WRONG_RECORD', 'an answer in an inbox')
        instance.observe(delivery)
        const forged = await senders.problem(received)
        if (type !== 'cancel') return forged === undefined ? received : { ...received, forged }
        if (forged !== undefined) return instance.forged(received, forged)
        // Not handled in its turn: it is about what may wait before it.
        instance.cancel(inReplyTo ?? '')
        return undefined
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
    if (this.#careful.isAlone) {
      const isNext = !this.#careful.isBusy && !this.#held && instance.running === 0 && this.#grant.handlers > 0
      if (isNext) void this.#careful.runNext((waiting, crashes) => this.#handle(waiting, crashes)).then(() => this.#pump())
      return
    }
    const shared = this.#grant.handlers - placesKept(this.#grant.handlers, performance.now() - this.#urgentAtMs)
    while (!this.#held && instance.running < this.#grant.handlers) {
      const next = instance.running < shared ? this.#buffers.take(instance.brokerNowMs()) : this.#buffers.takeUrgent()
      if (next === undefined) return
      if (next.resume !== undefined) {
        const { topic, partition } = next.record.owned
        this.#consumer.resume([{ topic, partitions: [partition] }])
      }
      void this.#handle(next.record)
    }
  }

  /** `crashes`: of one that is to be set aside. */
  async #handle ({ owned, offset, received }: Waiting, crashes?: number): Promise<void> {
    const { instance } = this.#options
    owned.running.add(received.dispatch.dispatchId)
    try {
      const outcome = await this.#outcomeOf(received, crashes)
      if (outcome.type === 'done') this.#offsets.done(owned, offset)
      else instance.counters.add('redelivered')
    } catch (error) {
      // A bug of the SDK: not done, so that the record isn't lost.
      this.#options.logger.error({ err: error, dispatchId: received.dispatch.dispatchId }, 'handling failed outside the handler')
    } finally {
      owned.running.delete(received.dispatch.dispatchId)
      this.#pump()
    }
  }

  #outcomeOf (received: Received, crashes: number | undefined): Promise<HandlingOutcome> {
    const { instance } = this.#options
    if (received.forged !== undefined) return instance.refuse(received, received.forged)
    return crashes === undefined ? instance.receive(received) : instance.setAside(received, crashes)
  }

  /** Others wait for what runs here, and it has ended by now; asked for once. */
  #asksAgain (): boolean {
    const { asksAgainAt } = this.#grant
    if (this.#held || asksAgainAt === null || this.#options.instance.running > asksAgainAt) return false
    this.#grant = { ...this.#grant, asksAgainAt: null }
    return true
  }
}
