// One running instance of an agent, whatever carries its dispatches: hears deliveries, answers and notices, runs handlers.
//
// Invariants:
//   I1. A dispatch runs at most once at a time here; a repeat of a running one shares its outcome.
//   I2. Draining waits for handlers and for calls made outside handlers; what isn't over by then is aborted and left.
import type { Delivery, Dispatch, Notice } from '@mesh/schemas'
import { randomBytes, createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { AgentParts } from './agent-parts.ts'
import type { Carrier, Clock } from './carrier.ts'
import { sdkCodes } from './codes.ts'
import { BrokerClock } from './core/broker-clock.ts'
import type { Identity } from './core/envelope.ts'
import { randomBytesPerId } from './core/ids.ts'
import { Counters } from './counters.ts'
import { handlerMsMaxDefault } from './definition.ts'
import { MeshError } from './errors.ts'
import { Exchange, type Recover } from './exchange.ts'
import type { Handling } from './handling.ts'
import { PacedCarrier } from './paced-carrier.ts'
import { handleDelivery, type HandlingOutcome, handlingOf, type HandlingPorts, type Received } from './pipeline.ts'
import type { SlowDown, SlowDownSignal } from './slow-down.ts'

export interface InstanceOptions {
  readonly parts: AgentParts
  readonly identity: Identity
  readonly carrier: Carrier
  readonly logger: Logger
  /** Calls that may wait for an answer at once. */
  readonly callsMax: number
  readonly recover?: Recover
  /** `auto`: what is sent waits here while the mesh asks to slow down. */
  readonly pace?: 'auto' | 'off'
  /** Instances of the agent, as far as is known. */
  readonly instances?: () => number
}

interface Run {
  readonly handling: Handling
  readonly outcome: Promise<HandlingOutcome>
}

export const processClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

/** Time for handlers to react to their signal when draining took too long. */
const abortGraceMs = 500

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
  readonly #runs = new Map<string, Run>()
  readonly #outside = new Set<Promise<unknown>>()

  constructor ({ parts, identity, carrier, logger, callsMax, recover, pace, instances = () => 1 }: InstanceOptions) {
    this.identity = identity
    this.logger = logger
    this.#parts = parts
    this.#pacedCarrier = pace === 'auto' ? new PacedCarrier({ carrier, clock: processClock, instances, onWaits: () => this.counters.add('paced') }) : undefined
    this.exchange = new Exchange({
      identity, callsMax, logger, recover,
      carrier: this.#pacedCarrier ?? carrier,
      clock: processClock,
      brokerClock: this.brokerClock,
      digest: text => createHash('sha256').update(text).digest(),
      randomBytes: () => randomBytes(randomBytesPerId),
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

  /** Settles when the delivery may be committed ('done') or must not be ('left'). */
  receive (received: Received): Promise<HandlingOutcome> {
    const { dispatchId } = received.dispatch
    const known = this.#runs.get(dispatchId)
    if (known !== undefined) {
      // It came back to where it still runs.
      known.handling.superseded = false
      this.counters.add('repeated')
      return known.outcome
    }
    const handling = handlingOf(received)
    const outcome = handleDelivery(handling, this.#ports).finally(() => this.#runs.delete(dispatchId))
    this.#runs.set(dispatchId, { handling, outcome })
    return outcome
  }

  /** The partition of these dispatches went to another instance. */
  supersede (dispatchIds: Iterable<string>): void {
    for (const id of dispatchIds) {
      const run = this.#runs.get(id)
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
    const idle = Promise.all([...this.#runs.values()].map(run => run.outcome)).then(() => true)
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
    await Promise.race([Promise.all([...[...this.#runs.values()].map(run => run.outcome), ...this.#outside]), over])
    clearTimeout(timer)
    const left = [...this.#runs.values()]
    for (const { handling } of left) {
      handling.abort(new MeshError('STOPPED', 'the agent stops', { ...sdkCodes.STOPPED, dispatchId: handling.dispatch.dispatchId }))
    }
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
