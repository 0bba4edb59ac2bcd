// What one instance of an agent says and hears, whatever carries it: calls and their answers, events and their refusals.
//
// Invariants:
//   X1. A call settles exactly once: answer, notice, local timeout, failed send or stop, whichever comes first.
//   X2. What isn't this instance's own (an id nobody here waits for) is ignored.
//   X3. Bounds: calls that wait (CALLS_FULL), events remembered for a refusal (the oldest is forgotten), the carrier's queue (QUEUE_FULL).
import { type Delivery, type Dispatch, type Notice, reasonCodes } from '@mesh/schemas'
import type { Logger } from 'pino'
import type { Carrier, Clock } from './carrier.ts'
import { sdkCodes, type SdkCode } from './codes.ts'
import type { BrokerClock } from './core/broker-clock.ts'
import { type Answer, answerOf, type Asked, type Envelope, eventOf, type Identity, type Parent, requestOf } from './core/envelope.ts'
import { childId, type Digest, replyId, rootId } from './core/ids.ts'
import { PendingCalls } from './core/pending-calls.ts'
import { SentWindow } from './core/sent-window.ts'
import { MeshError } from './errors.ts'
import type { Handling } from './handling.ts'
import { signalOf, type SlowDownSignal } from './slow-down.ts'

export interface Ask extends Asked {
  readonly workflowId?: string | undefined
}

export interface RawAnswer {
  readonly answer: Dispatch
  readonly dispatchId: string
  readonly workflowId: string
}

/** An event that the mesh did not pass on. */
export interface Refused {
  readonly dispatchId: string
  readonly workflowId: string
  /** Undefined where the event was too long ago to be remembered. */
  readonly capability: string | undefined
  readonly code: string
  readonly message: string
  readonly retriable: boolean
  readonly retryAfterMs: number | undefined
}

/** Finds what answered a call of an earlier run, sent no sooner than this broker time. */
export type Recover = (dispatchId: string, sinceMs: number) => Promise<{ readonly delivery: Delivery, readonly dispatch: Dispatch } | Notice | undefined>

export interface ExchangeParts {
  readonly identity: Identity
  readonly carrier: Carrier
  readonly clock: Clock
  readonly brokerClock: BrokerClock
  readonly digest: Digest
  readonly randomBytes: () => Uint8Array
  readonly logger: Logger
  readonly onRefused: (refused: Refused) => void
  readonly onSlowDown: (signal: SlowDownSignal) => void
  readonly callsMax: number
  readonly recover: Recover | undefined
}

interface PendingCall {
  readonly dispatch: Dispatch
  /** Set on a handler's call. */
  readonly handling: Handling | null
  readonly timer: NodeJS.Timeout
  readonly resolve: (answer: RawAnswer) => void
  readonly reject: (error: MeshError) => void
}

/** The mesh tells of a time-out itself; past this the caller stops waiting for that, too. */
export const timeoutGraceMs = 2_000
const eventsRememberedMax = 10_000
const secondAnswer: ReadonlySet<string> = new Set(['DUPLICATE', 'DUPLICATE_CONFLICT', 'REPLY_SECOND', 'REPLY_UNKNOWN'])

export class Exchange {
  readonly #parts: ExchangeParts
  readonly #pending: PendingCalls<PendingCall>
  readonly #sent = new SentWindow(eventsRememberedMax)
  #accepting = true
  #stopped = false

  constructor (parts: ExchangeParts) {
    this.#parts = parts
    this.#pending = new PendingCalls(parts.callsMax)
  }

  get pendingCalls (): number { return this.#pending.size }

  waitsFor (dispatchId: string): boolean { return this.#pending.has(dispatchId) }

  /** From outside a handler when `handling` is null. */
  call (handling: Handling | null, ask: Ask): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const dispatch = this.#make(requestOf, handling, ask)
      const waitMs = dispatch.ttlMs! + timeoutGraceMs
      const timer = setTimeout(() => this.#fail(dispatch.dispatchId, 'TIMEOUT', `no answer to '${ask.capability}' within ${waitMs} ms`, reasonCodes.TIMEOUT.retriable), waitMs)
      const admission = this.#pending.add(dispatch.dispatchId, { dispatch, handling, timer, resolve, reject })
      if (admission !== 'waiting') {
        clearTimeout(timer)
        throw admission === 'full'
          ? this.#error('CALLS_FULL', `${this.#pending.size} calls wait for an answer already`, dispatch)
          : new MeshError('DUPLICATE', 'the same call waits already', { retriable: false, dispatchId: dispatch.dispatchId, capability: ask.capability })
      }
      this.#parts.carrier.send(dispatch).catch((error: MeshError) => this.#settle(dispatch.dispatchId)?.reject(error))
    })
  }

  /** Resolves with the id once the mesh has the event. */
  async send (handling: Handling | null, ask: Ask): Promise<{ dispatchId: string, workflowId: string }> {
    const dispatch = this.#make(eventOf, handling, ask)
    this.#sent.put(dispatch.dispatchId, { kind: 'event', capability: dispatch.capability })
    await this.#parts.carrier.send(dispatch)
    return { dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId }
  }

  async answer (handling: Parent, answer: Answer): Promise<void> {
    const { clock, digest, identity } = this.#parts
    const nowMs = clock.nowMs()
    const dispatch = answerOf(answer, handling, identity, { dispatchId: replyId(handling.dispatch.dispatchId, digest), nowMs, brokerNowMs: nowMs })
    this.#sent.put(dispatch.dispatchId, { kind: 'answer', capability: dispatch.capability })
    await this.#parts.carrier.send(dispatch)
  }

  onAnswer (delivery: Delivery, answer: Dispatch): void {
    this.#parts.brokerClock.observe(delivery.decision.decidedAtMs, this.#parts.clock.monotonicMs())
    const call = answer.inReplyTo === null ? undefined : this.#settle(answer.inReplyTo)
    if (call === undefined) return
    const { dispatchId, workflowId, capability } = call.dispatch
    if (answer.type === 'response') return call.resolve({ answer, dispatchId, workflowId })
    const { code, message, retriable } = answer.error ?? { code: 'HANDLER_FAILED', message: 'the answer says no reason', retriable: false }
    call.reject(new MeshError(code, message, { retriable, dispatchId, capability }))
  }

  onNotice (notice: Notice): void {
    // About the agent, not about one dispatch; meant for each instance.
    const signal = signalOf(notice)
    if (signal !== undefined) return this.#parts.onSlowDown(signal)
    if (notice.sourceInstance !== this.#parts.identity.instance) return
    const { dispatchId, workflowId, code, message, retriable } = notice
    if (code === 'DUPLICATE' && this.#recover(notice)) return
    const retryAfterMs = notice.retryAfterMs ?? undefined
    const call = this.#settle(dispatchId)
    if (call !== undefined) {
      call.reject(new MeshError(code, message, { retriable, retryAfterMs, dispatchId, capability: call.dispatch.capability }))
      return
    }
    const sent = this.#sent.take(dispatchId)
    // An answer refused as the second one is what running twice looks like.
    const level = sent?.kind === 'answer' && secondAnswer.has(code) ? 'debug' : 'warn'
    this.#parts.logger[level]({ dispatchId, workflowId, code, kind: sent?.kind ?? 'unknown', capability: sent?.capability }, 'the mesh refused what was sent')
    if (sent?.kind === 'event') this.#parts.onRefused({ dispatchId, workflowId, capability: sent.capability, code, message, retriable, retryAfterMs })
  }

  /** An earlier run had the answer of this call: looks for it while the call waits on. */
  #recover (notice: Notice): boolean {
    const { recover } = this.#parts
    const { dispatchId } = notice
    const handling = this.#pending.get(dispatchId)?.handling ?? null
    if (handling === null || recover === undefined) return false
    void recover(dispatchId, handling.decidedAtMs).catch(() => undefined).then(found => {
      if (found === undefined) this.#fail(dispatchId, 'DUPLICATE', 'an earlier run of this handler had the answer, which is found no more', false)
      else if ('delivery' in found) this.onAnswer(found.delivery, found.dispatch)
      else this.#fail(dispatchId, found.code, found.message, found.retriable)
    })
    return true
  }

  /** Nothing new may be sent from outside handlers. */
  drain (): void { this.#accepting = false }

  /** Rejects what still waits. */
  stop (): void {
    this.#accepting = false
    this.#stopped = true
    for (const call of this.#pending.takeAll()) {
      clearTimeout(call.timer)
      call.reject(this.#error('STOPPED', 'the agent stopped before the answer came', call.dispatch))
    }
  }

  #make (build: typeof requestOf, handling: Handling | null, ask: Ask): Dispatch {
    const { clock, brokerClock, digest, identity, randomBytes } = this.#parts
    const nowMs = clock.nowMs()
    const dispatchId = handling === null ? rootId(nowMs, randomBytes()) : childId(handling.dispatch.dispatchId, handling.nextOrdinal(), digest)
    if (this.#stopped || (handling === null && !this.#accepting)) throw new MeshError('STOPPED', 'the agent stops', { ...sdkCodes.STOPPED, capability: ask.capability })
    const envelope: Envelope = build(ask, identity, handling, {
      dispatchId,
      workflowId: ask.workflowId ?? rootId(nowMs, randomBytes()),
      nowMs,
      brokerNowMs: brokerClock.nowMs(clock.monotonicMs()) ?? nowMs
    })
    if ('dispatch' in envelope) return envelope.dispatch
    const { retriable } = { ...reasonCodes, ...sdkCodes }[envelope.problem]
    throw new MeshError(envelope.problem, envelope.message, { retriable, capability: ask.capability })
  }

  #settle (dispatchId: string): PendingCall | undefined {
    const call = this.#pending.take(dispatchId)
    if (call !== undefined) clearTimeout(call.timer)
    return call
  }

  #fail (dispatchId: string, code: string, message: string, retriable: boolean): void {
    const call = this.#settle(dispatchId)
    call?.reject(new MeshError(code, message, { retriable, dispatchId, capability: call.dispatch.capability }))
  }

  #error (code: SdkCode, message: string, dispatch: Dispatch): MeshError {
    return new MeshError(code, message, { ...sdkCodes[code], dispatchId: dispatch.dispatchId, capability: dispatch.capability })
  }
}
