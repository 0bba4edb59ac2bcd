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
import { handleDelivery, type HandlingOutcome, handlingOf, type HandlingPorts, type Received } from './pipeline.ts'

export interface InstanceOptions {
  readonly parts: AgentParts
  readonly identity: Identity
  readonly carrier: Carrier
  readonly logger: Logger
  /** Calls that may wait for an answer at once. */
  readonly callsMax: number
  readonly recover?: Recover
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
  readonly #ports: HandlingPorts
  readonly #runs = new Map<string, Run>()
  readonly #outside = new Set<Promise<unknown>>()

  constructor ({ parts, identity, carrier, logger, callsMax, recover }: InstanceOptions) {
    this.identity = identity
    this.logger = logger
    this.exchange = new Exchange({
      identity, carrier, callsMax, logger, recover,
      clock: processClock,
      brokerClock: this.brokerClock,
      digest: text => createHash('sha256').update(text).digest(),
      randomBytes: () => randomBytes(randomBytesPerId),
      onRefused: refused => {
        this.counters.add('refused')
        parts.tellRefused(refused, logger)
      }
    })
    this.#ports = {
      exchange: this.exchange, contracts: parts.contracts, handlers: parts.handlers, brokerClock: this.brokerClock, clock: processClock,
      counters: this.counters, logger, handlerMsMax: parts.definition.handlerMsMax ?? handlerMsMaxDefault
    }
  }

  get running (): number { return this.#runs.size }

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
}
