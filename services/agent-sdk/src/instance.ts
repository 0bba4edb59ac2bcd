// One running instance of an agent, whatever carries its dispatches: hears deliveries, answers and notices, runs handlers.
//
// Invariants:
//   I1. An attempt of a dispatch runs at most once at a time here; a repeat of a running one shares its outcome, a later attempt overtakes it.
//   I2. What its caller has given up is not begun; of such ids the last `cancelsMax` are kept.
//   I3. Draining waits for handlers and for calls made outside handlers; what isn't over by then is aborted and left.
import { type Codec, type Delivery, type Dispatch, type Notice, reasonCodes } from '@mesh/schemas'
import { digest, type SignatureProblem } from '@mesh/signing'
import type { Logger } from 'pino'
import type { AgentParts } from './agent-parts.ts'
import type { Carrier, Clock } from './carrier.ts'
import { BrokerClock } from './core/broker-clock.ts'
import type { Identity } from './core/envelope.ts'
import { randomBytesPerId } from './core/ids.ts'
import { Counters } from './counters.ts'
import { handlerMsMaxDefault } from './definition.ts'
import { Exchange } from './exchange.ts'
import type { Recover } from './exchange-parts.ts'
import { cancelled, overtaken, stopped } from './giving-up.ts'
import { PacedCarrier } from './paced-carrier.ts'
import { handleDelivery, type HandlingOutcome, handlingOf, type HandlingPorts, type Received, remainingMs, sendBack } from './pipeline.ts'
import { randomPool } from './random-pool.ts'
import { type Run, Runs } from './runs.ts'
import type { SlowDown, SlowDownSignal } from './slow-down.ts'

export interface InstanceOptions {
  readonly parts: AgentParts
  readonly identity: Identity
  readonly carrier: Carrier
  readonly codec: Codec
  readonly logger: Logger
  /** Calls that may wait for an answer at once. */
  readonly callsMax: number
  readonly recover?: Recover
  /** `auto`: what is sent waits here while the mesh asks to slow down. */
  readonly pace?: 'auto' | 'off'
  /** Instances of the agent, as far as is known. */
  readonly instances?: () => number
}

export const processClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

/** Time for handlers to react to their signal when draining took too long. */
const abortGraceMs = 500
const cancelsMax = 10_000
const done: HandlingOutcome = { type: 'done', error: null }

export class AgentInstance {
  readonly identity: Identity
  readonly exchange: Exchange
  readonly counters = new Counters()
  readonly logger: Logger
  readonly brokerClock = new BrokerClock()
  readonly #parts: AgentParts
  readonly #ports: HandlingPorts
  readonly #pacedCarrier: PacedCarrier | undefined
  #slowDown: SlowDown | undefined
  readonly #runs = new Runs()
  /** Requests that were given up before their turn came. */
  readonly #cancelled = new Set<string>()
  #changedAtMs = processClock.monotonicMs()
  readonly #outside = new Set<Promise<unknown>>()

  constructor ({ parts, identity, carrier, codec, logger, callsMax, recover, pace, instances = () => 1 }: InstanceOptions) {
    this.identity = identity
    this.logger = logger
    this.#parts = parts
    this.#pacedCarrier = pace === 'auto' ? new PacedCarrier({ carrier, clock: processClock, instances, onWaits: () => this.counters.add('paced') }) : undefined
    this.exchange = new Exchange({
      identity, callsMax, codec, logger, recover,
      carrier: this.#pacedCarrier ?? carrier,
      clock: processClock,
      brokerClock: this.brokerClock,
      digest,
      randomBytes: randomPool(randomBytesPerId),
      onRefused: refused => {
        this.counters.add('refused')
        parts.refusals.tell(refused, logger)
      },
      onSlowDown: signal => this.#heed(signal)
    })
    this.#ports = {
      exchange: this.exchange, contracts: parts.contracts, handlers: parts.handlers, brokerClock: this.brokerClock, clock: processClock,
      counters: this.counters, logger, handlerMsMax: parts.definition.handlerMsMax ?? handlerMsMaxDefault,
      onBegin: began => parts.begun.tell(began, logger)
    }
  }

  get running (): number { return this.#runs.size }
  get paced (): number { return this.#pacedCarrier?.waiting ?? 0 }
  get slowDown (): SlowDown | undefined { return this.#slowDown }

  /** As far as was seen: no later than the broker's clock. */
  brokerNowMs (): number { return this.brokerClock.nowMs(processClock.monotonicMs()) ?? processClock.nowMs() }

  /** For how long no handler has begun or ended, milliseconds. */
  get unchangedMs (): number { return processClock.monotonicMs() - this.#changedAtMs }

  /** Settles when the delivery may be committed ('done') or must not be ('left'). */
  receive (received: Received): Promise<HandlingOutcome> {
    const { dispatch: { dispatchId, capability }, delivery: { decision: { attempt } } } = received
    if (this.#cancelled.delete(dispatchId)) {
      this.counters.add('unanswered')
      return Promise.resolve(done)
    }
    const known = this.#runs.of(dispatchId)
    if (known !== undefined && attempt <= known.attempt) {
      this.counters.add('repeated')
      if (attempt < known.attempt) return Promise.resolve(done)
      // It came back to where it still runs.
      known.handling.superseded = false
      return known.outcome
    }
    known?.handling.abort(overtaken({ dispatchId, capability }))
    return this.#run(received)
  }

  #run (received: Received): Promise<HandlingOutcome> {
    const handling = handlingOf(received, this.#ports.contracts)
    this.#changedAtMs = processClock.monotonicMs()
    const { promise: outcome, resolve, reject } = Promise.withResolvers<HandlingOutcome>()
    const run: Run = { attempt: handling.attempt, handling, outcome }
    this.#runs.add(run)
    handleDelivery(handling, this.#ports, next => { run.handling = next }).finally(() => {
      this.#changedAtMs = processClock.monotonicMs()
      this.#runs.ended(run)
    }).then(resolve, reject)
    return outcome
  }

  /** Nobody waits for this request any more: ends its handler, or keeps it from being begun. */
  cancel (dispatchId: string): void {
    const run = this.#runs.of(dispatchId)
    if (run !== undefined) return run.handling.abort(cancelled({ dispatchId, capability: run.handling.capability }))
    this.#cancelled.add(dispatchId)
    if (this.#cancelled.size > cancelsMax) this.#cancelled.delete(this.#cancelled.values().next().value!)
  }

  /** Sends a delivery back unhandled that has ended its process so many times. */
  async setAside (received: Received, crashes: number): Promise<HandlingOutcome> {
    const handling = handlingOf(received, this.#ports.contracts)
    const { dispatch: { dispatchId, workflowId }, capability } = handling
    if (remainingMs(handling, this.#ports) <= 0) {
      this.counters.add('expired')
      return done
    }
    const message = `its handling ended the process of '${this.identity.name}' ${crashes} times in a row`
    this.counters.add('setAside')
    this.logger.error({ dispatchId, workflowId, capability, crashes }, 'set aside: its handling ended the process again and again')
    await sendBack(handling, { code: 'SET_ASIDE', message, retriable: reasonCodes.SET_ASIDE.retriable }, null, this.#ports, this.logger)
    return done
  }

  /** Notes what its source did not write. */
  forged ({ dispatch: { dispatchId, workflowId, source, capability } }: Received, { code, message }: SignatureProblem): undefined {
    this.counters.add('forged')
    this.logger.error({ dispatchId, workflowId, source, capability, code, problem: message }, 'refused: its source did not write it, or not like this')
  }

  /** Sends back unhandled what its source did not write; the mesh holds that against what it had let through. */
  async refuse (received: Received, { code, message }: SignatureProblem): Promise<HandlingOutcome> {
    this.forged(received, { code, message })
    await sendBack(handlingOf(received, this.#ports.contracts), { code, message, retriable: false }, null, this.#ports, this.logger)
    return done
  }

  /** The partition of these dispatches went to another instance. */
  supersede (dispatchIds: Iterable<string>): void {
    for (const id of dispatchIds) {
      const run = this.#runs.of(id)
      if (run !== undefined) run.handling.superseded = true
    }
  }

  observe (delivery: Delivery): void { this.brokerClock.observe(delivery.decision.decidedAtMs, processClock.monotonicMs()) }

  onAnswer (delivery: Delivery, answer: Dispatch): void { this.exchange.onAnswer(delivery, answer) }

  onNotice (notice: Notice): void { this.exchange.onNotice(notice) }

  /** Lets draining wait for a call made outside a handler. */
  outside<T> (call: Promise<T>): Promise<T> {
    const settled = call.then(() => {}, () => {}).finally(() => this.#outside.delete(settled))
    this.#outside.add(settled)
    return call
  }

  /** Waits for what runs, at most `waitMs`; true when nothing runs any more. */
  async idle (waitMs: number): Promise<boolean> {
    const { promise: over, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), waitMs)
    const idle = this.#runs.over().then(() => true)
    const isIdle = await Promise.race([idle, over])
    clearTimeout(timer)
    return isIdle
  }

  /** Nothing new is received by now. Ends handlers and calls; resolves when their outcome is known, or drainMs and a moment have passed. */
  async drain (drainMs: number): Promise<void> {
    this.exchange.drain()
    this.#pacedCarrier?.end()
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, drainMs)
    await Promise.race([Promise.all([this.#runs.over(), ...this.#outside]), over])
    clearTimeout(timer)
    const left = this.#runs.all
    for (const { handling } of left) handling.abort(stopped(handling.dispatch))
    this.exchange.stop()
    if (left.length === 0) return
    this.logger.warn({ unfinished: left.length, drainMs }, 'handlers did not end in time; another instance handles their dispatches again')
    await this.idle(abortGraceMs)
  }

  #heed (signal: SlowDownSignal): void {
    this.#slowDown = signal.type === 'slow_down' ? signal : undefined
    if (signal.type === 'slow_down') this.counters.add('slowDowns')
    this.logger.info(signal, signal.type === 'slow_down' ? 'over its quota: what it sends waits in the mesh' : 'within its quota again')
    this.#pacedCarrier?.heed(signal)
    this.#parts.slowDowns.tell(signal, this.logger)
  }
}
