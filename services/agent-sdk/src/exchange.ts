// What one instance of an agent says and hears, whatever carries it: calls and their answers, events and their refusals.
//
// Invariants:
//   X1. A call settles exactly once: answer, notice, local timeout, failed send, cancel or stop, whichever comes first.
//   X2. What isn't this instance's own (an id nobody here waits for) is ignored.
//   X3. Bounds: calls that wait (CALLS_FULL), events remembered for a refusal (the oldest is forgotten), the carrier's queue (QUEUE_FULL).
//   X4. What an earlier run of a handler was answered is its answer in a later one, too, except a failure for a later attempt:
//       that sends again, under an id of its own. So attempts repeat what failed and nothing else.
import { type Delivery, type Dispatch, type ErrorDetail, type Notice, reasonCodes } from '@mesh/schemas'
import { derivedId, linkOf } from '@mesh/signing/chain'
import { sdkCodes, type SdkCode } from './codes.ts'
import { type Answer, answerOf, cancelOf, type Envelope, eventOf, givenUpOf, progressOf, requestOf } from './core/envelope.ts'
import { cancelId, givenUpId, keyedWorkflowId, replyId, rootId } from './core/ids.ts'
import { PendingCalls } from './core/pending-calls.ts'
import { SentWindow } from './core/sent-window.ts'
import { MeshError } from './errors.ts'
import type { Ask, ExchangeParts, RawAnswer, Recovered } from './exchange-parts.ts'
import { cancelled, isCancel, isStop, stopped } from './giving-up.ts'
import type { Handling } from './handling.ts'
import { signalOf } from './slow-down.ts'

/** What is asked, however often it has to be sent until it has its answer. */
interface Question {
  /** Set on a handler's call. */
  readonly handling: Handling | null
  readonly ordinal: number
  readonly ask: Ask
  readonly resolve: (answer: RawAnswer) => void
  readonly reject: (error: MeshError) => void
}

interface PendingCall {
  readonly question: Question
  readonly dispatch: Dispatch
  /** Attempt whose id it bears. */
  readonly attempt: number
  /** Ends the timer and stops listening. */
  readonly end: () => void
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
    return new Promise((resolve, reject) => this.#put({ handling, ordinal: handling?.nextOrdinal() ?? 0, ask, resolve, reject }, 1))
  }

  #put (question: Question, attempt: number): void {
    const { handling, ordinal, ask } = question
    const dispatch = this.#make(requestOf, handling, ask, ordinal, attempt)
    const { dispatchId } = dispatch
    if (ask.signal?.aborted === true) throw endOf(ask.signal.reason, dispatch)
    const earlier = this.#pending.get(dispatchId)
    if (earlier !== undefined && earlier.question.handling !== handling) this.#fail(dispatchId, 'DUPLICATE', 'a later run of the handler asks the same', false)
    const end = this.#watch(question, dispatch)
    if (this.#pending.add(dispatchId, { question, dispatch, attempt, end }) !== 'waiting') {
      end()
      throw this.#error('CALLS_FULL', `${this.#pending.size} calls wait for an answer already`, dispatch)
    }
    this.#parts.carrier.send(dispatch).catch((error: MeshError) => this.#settle(dispatchId)?.question.reject(error))
  }

  /** Waits for the time to be over, or for nobody to wait any more. */
  #watch ({ handling, ask }: Question, dispatch: Dispatch): () => void {
    const waitMs = dispatch.ttlMs! + timeoutGraceMs
    const { dispatchId, capability } = dispatch
    const timer = setTimeout(() => this.#fail(dispatchId, 'TIMEOUT', `no answer to '${capability}' within ${waitMs} ms`, reasonCodes.TIMEOUT.retriable), waitMs)
    const onAbort = (): void => this.#giveUp(dispatchId, ask.signal!.reason)
    // A handler that nobody waits for any more has no use for what it asked, either.
    const onHandlerAbort = (): void => { if (isCancel(handling!.signal.reason)) this.#giveUp(dispatchId, handling!.signal.reason) }
    ask.signal?.addEventListener('abort', onAbort, { once: true })
    handling?.signal.addEventListener('abort', onHandlerAbort, { once: true })
    return () => {
      clearTimeout(timer)
      ask.signal?.removeEventListener('abort', onAbort)
      handling?.signal.removeEventListener('abort', onHandlerAbort)
    }
  }

  #giveUp (dispatchId: string, reason: unknown): void {
    const call = this.#settle(dispatchId)
    if (call === undefined) return
    const { clock, digest, identity, carrier, logger } = this.#parts
    // What stops here runs again elsewhere, and wants the answer there.
    if (!isStop(reason)) {
      const nowMs = clock.nowMs()
      const cancel = cancelOf(call.dispatch, identity, { dispatchId: cancelId(dispatchId, digest), nowMs, brokerNowMs: nowMs })
      carrier.send(cancel).catch((error: MeshError) => logger.debug({ dispatchId, code: error.code }, 'a cancel could not be sent; the request ends at its deadline'))
    }
    call.question.reject(endOf(reason, call.dispatch))
  }

  /** Resolves with the id once the mesh has the event. */
  async send (handling: Handling | null, ask: Ask): Promise<{ dispatchId: string, workflowId: string }> {
    const dispatch = this.#make(eventOf, handling, ask, handling?.nextOrdinal() ?? 0, 1)
    this.#sent.put(dispatch.dispatchId, { kind: 'event', capability: dispatch.capability })
    await this.#parts.carrier.send(dispatch)
    return { dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId }
  }

  async answer (handling: Handling, answer: Answer, handlerMs: number | null): Promise<void> {
    const { clock, digest, identity } = this.#parts
    const nowMs = clock.nowMs()
    const dispatchId = replyId(handling.dispatch.dispatchId, digest, handling.facts.decision.attempt)
    await this.#sendAnswer(answerOf(answer, handling, identity, { dispatchId, nowMs, brokerNowMs: nowMs, handlerMs }))
  }

  /** Sends a delivery back that can't be handled; without what it carried where `isWhole` is false. */
  async sendBack (handling: Handling, error: ErrorDetail, handlerMs: number | null, isWhole: boolean): Promise<void> {
    const { clock, digest, identity, codec } = this.#parts
    const { dispatch, facts } = handling
    const nowMs = clock.nowMs()
    const moment = { dispatchId: givenUpId(dispatch.dispatchId, facts.decision.decidedAtMs, digest), nowMs, brokerNowMs: nowMs, handlerMs }
    await this.#sendAnswer(givenUpOf(error, isWhole ? codec.encode('SignedDispatch', facts.signed) : Buffer.alloc(0), handling, identity, moment))
  }

  async #sendAnswer (dispatch: Dispatch): Promise<void> {
    this.#sent.put(dispatch.dispatchId, { kind: 'answer', capability: dispatch.capability })
    await this.#parts.carrier.send(dispatch)
  }

  /** Tells the mesh that the handler is alive; one that is lost is made good by the next. */
  progress (handling: Handling): void {
    const { clock, carrier, identity, randomBytes, logger } = this.#parts
    const nowMs = clock.nowMs()
    const dispatch = progressOf(handling, identity, { dispatchId: rootId(nowMs, randomBytes()), nowMs, brokerNowMs: nowMs })
    this.#sent.put(dispatch.dispatchId, { kind: 'progress', capability: dispatch.capability })
    carrier.send(dispatch).catch((error: MeshError) => logger.debug({ dispatchId: dispatch.inReplyTo, code: error.code }, 'progress could not be sent'))
  }

  onAnswer (delivery: Delivery, answer: Dispatch): void {
    this.#parts.brokerClock.observe(delivery.decision.decidedAtMs, this.#parts.clock.monotonicMs())
    // A repeat under an idempotency key gets the answer of the first.
    const answers = delivery.decision.answers ?? answer.inReplyTo
    const call = answers === null ? undefined : this.#settle(answers)
    if (call === undefined) return
    const { dispatchId, workflowId, capability } = call.dispatch
    if (answer.type === 'response') {
      const { payload, contentType, source, sourceVersion } = answer
      const isFallback = delivery.decision.capability !== null
      return call.question.resolve({ payload, contentType, dispatchId, workflowId, answeredBy: source, answeredByVersion: sourceVersion, isFallback })
    }
    const { code, message, retriable } = answer.error ?? { code: 'HANDLER_FAILED', message: 'the answer says no reason', retriable: false }
    call.question.reject(new MeshError(code, message, { retriable, dispatchId, capability }))
  }

  onNotice (notice: Notice): void {
    // About the agent, not about one dispatch; meant for each instance.
    const signal = signalOf(notice)
    if (signal !== undefined) return this.#parts.onSlowDown(signal)
    if (notice.sourceInstance !== this.#parts.identity.instance) return
    const { dispatchId, workflowId, code, message, retriable } = notice
    if (code === 'DUPLICATE' && this.#recover(notice)) return
    if (this.#conclude(notice)) return
    const retryAfterMs = notice.retryAfterMs ?? undefined
    const sent = this.#sent.take(dispatchId)
    const isRepeat = code === 'DUPLICATE' && sent?.kind === 'event'
    // An event sent before, and an answer refused as the second one, are what running twice looks like; progress is no news when it comes late.
    const isUsual = isRepeat || sent?.kind === 'progress' || (sent?.kind === 'answer' && secondAnswer.has(code))
    this.#parts.logger[isUsual ? 'debug' : 'warn']({ dispatchId, workflowId, code, kind: sent?.kind ?? 'unknown', capability: sent?.capability }, 'the mesh refused what was sent')
    if (sent?.kind === 'event' && !isRepeat) this.#parts.onRefused({ dispatchId, workflowId, capability: sent.capability, code, message, retriable, retryAfterMs })
  }

  /** Settles the call that the notice is about; false where none waits. */
  #conclude ({ type, dispatchId, fallback, code, message, retriable, retryAfterMs }: Notice): boolean {
    const call = this.#settle(dispatchId)
    if (call === undefined) return false
    const { dispatch: { capability, workflowId }, question } = call
    if (type === 'fallback' && fallback !== null) {
      question.resolve({ ...fallback, dispatchId, workflowId, answeredBy: null, answeredByVersion: null, isFallback: true })
    } else {
      question.reject(new MeshError(code, message, { retriable, retryAfterMs: retryAfterMs ?? undefined, dispatchId, capability }))
    }
    return true
  }

  /** An earlier run had the answer of this call: looks for it while the call waits on. */
  #recover (notice: Notice): boolean {
    const { recover } = this.#parts
    const { dispatchId } = notice
    const handling = this.#pending.get(dispatchId)?.question.handling ?? null
    if (handling === null || recover === undefined) return false
    void recover(dispatchId, handling.causesSinceMs).catch(() => undefined).then(found => this.#onRecovered(dispatchId, found))
    return true
  }

  #onRecovered (dispatchId: string, found: Recovered): void {
    const call = this.#pending.get(dispatchId)
    const mayRepeat = call !== undefined && call.attempt < call.question.handling!.attempt
    const isSuccess = typeof found === 'object' && ('delivery' in found ? found.dispatch.type === 'response' : found.type === 'fallback')
    if (mayRepeat && found !== undefined && !isSuccess) return this.#again(call)
    if (found === undefined || found === 'absent') this.#fail(dispatchId, 'DUPLICATE', 'an earlier run of this handler had the answer, which is found no more', false)
    else if ('delivery' in found) this.onAnswer(found.delivery, found.dispatch)
    else this.#conclude({ ...found, dispatchId })
  }

  /** An earlier attempt asked this and failed: asks under the next attempt's id, which may have been answered, too. */
  #again ({ question, dispatch, attempt }: PendingCall): void {
    this.#settle(dispatch.dispatchId)
    try {
      this.#put(question, attempt + 1)
    } catch (error) {
      question.reject(error as MeshError)
    }
  }

  /** Nothing new may be sent from outside handlers. */
  drain (): void { this.#accepting = false }

  /** Rejects what still waits. */
  stop (): void {
    this.#accepting = false
    this.#stopped = true
    for (const call of this.#pending.takeAll()) {
      call.end()
      call.question.reject(this.#error('STOPPED', 'the agent stopped before the answer came', call.dispatch))
    }
  }

  #make (build: typeof requestOf, handling: Handling | null, ask: Ask, ordinal: number, attempt: number): Dispatch {
    const { clock, brokerClock, digest, identity, randomBytes } = this.#parts
    const nowMs = clock.nowMs()
    const link = handling === null ? '' : linkOf(ordinal, attempt)
    const dispatchId = handling === null ? rootId(nowMs, randomBytes()) : derivedId(handling.dispatch.source, handling.dispatch.dispatchId, link, digest)
    if (this.#stopped || (handling === null && !this.#accepting)) throw new MeshError('STOPPED', 'the agent stops', { ...sdkCodes.STOPPED, capability: ask.capability })
    const { idempotencyKey, capability } = ask
    const newWorkflowId = (): string =>
      idempotencyKey === undefined ? rootId(nowMs, randomBytes()) : keyedWorkflowId(identity.name, capability, idempotencyKey, digest)
    const envelope: Envelope = build(ask, identity, handling, {
      dispatchId,
      link,
      workflowId: ask.workflowId ?? newWorkflowId(),
      nowMs,
      brokerNowMs: brokerClock.nowMs(clock.monotonicMs()) ?? nowMs
    })
    if ('dispatch' in envelope) return envelope.dispatch
    const { retriable } = { ...reasonCodes, ...sdkCodes }[envelope.problem]
    throw new MeshError(envelope.problem, envelope.message, { retriable, capability })
  }

  #settle (dispatchId: string): PendingCall | undefined {
    const call = this.#pending.take(dispatchId)
    call?.end()
    return call
  }

  #fail (dispatchId: string, code: string, message: string, retriable: boolean): void {
    const call = this.#settle(dispatchId)
    call?.question.reject(new MeshError(code, message, { retriable, dispatchId, capability: call.dispatch.capability }))
  }

  #error (code: SdkCode, message: string, dispatch: Dispatch): MeshError {
    return new MeshError(code, message, { ...sdkCodes[code], dispatchId: dispatch.dispatchId, capability: dispatch.capability })
  }
}

const endOf = (reason: unknown, dispatch: Dispatch): MeshError => isStop(reason) ? stopped(dispatch) : cancelled(dispatch, reason)
