// Lets requests and events wait while the mesh asks the agent to slow down; core/pacing.ts is the rule.
//
// Invariants:
//   W1. Answers and P0 never wait here.
//   W2. Waiting costs a dispatch its own time: it goes with what is left of its time to live, or not at all (DEADLINE_PASSED).
//   W3. A dispatch is issued when it goes: one that has waited long must not be refused as stale.
//   W4. What is cancelled while it waits here never goes, nor does its cancel: the mesh knows of neither.
//   W5. At most `waitingMax` wait; one more is refused with QUEUE_FULL. After `end` nothing waits any more.
import { TakePolicy } from '@mesh/runtime'
import { type Dispatch, reasonCodes } from '@mesh/schemas'
import type { Carrier, Clock } from './carrier.ts'
import { sdkCodes } from './codes.ts'
import { Pacer } from './core/pacing.ts'
import { MeshError } from './errors.ts'
import { cancelled } from './giving-up.ts'
import type { SlowDownSignal } from './slow-down.ts'

export interface PacedCarrierOptions {
  readonly carrier: Carrier
  readonly clock: Clock
  /** Instances of the agent, as far as is known; those known share the rate. */
  readonly instances: () => number
  /** Told of each dispatch that has to wait. */
  readonly onWaits: () => void
}

interface Waiting {
  readonly dispatch: Dispatch
  readonly sinceMs: number
  readonly sent: () => void
  readonly failed: (error: unknown) => void
}

const waitingMax = 10_000

export class PacedCarrier implements Carrier {
  readonly #options: PacedCarrierOptions
  readonly #pacer = new Pacer<Waiting>(new TakePolicy(), waitingMax)
  /** Requests and events that wait, by id; null where one was cancelled meanwhile. */
  readonly #waiting = new Map<string, Waiting | null>()
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor (options: PacedCarrierOptions) { this.#options = options }

  get waiting (): number { return this.#pacer.waiting }

  async send (dispatch: Dispatch): Promise<void> {
    const { carrier, clock, onWaits } = this.#options
    if (dispatch.type === 'cancel' && this.#withdraw(dispatch.inReplyTo!)) return
    if (dispatch.inReplyTo !== null || dispatch.priority === 0) return carrier.send(dispatch)
    const nowMs = clock.monotonicMs()
    const { promise, resolve: sent, reject: failed } = Promise.withResolvers<void>()
    const waiting = { dispatch, sinceMs: nowMs, sent, failed }
    const admission = this.#pacer.admit(waiting, dispatch.priority, nowMs)
    if (admission === 'go') return carrier.send(dispatch)
    if (admission === 'full') throw errorOf('QUEUE_FULL', `${waitingMax} dispatches wait because the mesh asked to slow down`, dispatch)
    this.#waiting.set(dispatch.dispatchId, waiting)
    onWaits()
    this.#pump()
    return promise
  }

  #withdraw (dispatchId: string): boolean {
    const waiting = this.#waiting.get(dispatchId)
    if (waiting === undefined || waiting === null) return false
    this.#waiting.set(dispatchId, null)
    waiting.failed(cancelled(waiting.dispatch))
    return true
  }

  heed (signal: SlowDownSignal): void {
    if (this.#ended) return
    if (signal.type === 'slow_down') this.#pacer.slowDown(signal, this.#options.instances(), this.#options.clock.monotonicMs())
    else this.#pacer.end()
    this.#pump()
  }

  /** Lets everything go: it waits better in the mesh than in an instance that stops. */
  end (): void {
    this.#ended = true
    this.#pacer.end()
    this.#pump()
  }

  #pump (): void {
    const { clock } = this.#options
    clearTimeout(this.#timer)
    for (let item = this.#pacer.next(clock.monotonicMs()); item !== undefined; item = this.#pacer.next(clock.monotonicMs())) this.#go(item)
    const nextAtMs = this.#pacer.nextAtMs()
    if (nextAtMs !== undefined) this.#timer = setTimeout(() => this.#pump(), Math.max(1, Math.ceil(nextAtMs - clock.monotonicMs())))
  }

  #go ({ dispatch, sinceMs, sent, failed }: Waiting): void {
    const { carrier, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const isWithdrawn = this.#waiting.get(dispatch.dispatchId) === null
    this.#waiting.delete(dispatch.dispatchId)
    if (isWithdrawn) return this.#pacer.giveBack(nowMs)
    const ttlMs = dispatch.ttlMs === null ? null : Math.floor(dispatch.ttlMs - (nowMs - sinceMs))
    if (ttlMs !== null && ttlMs <= 0) {
      this.#pacer.giveBack(nowMs)
      failed(errorOf('DEADLINE_PASSED', 'its deadline passed while it waited because the mesh asked to slow down', dispatch))
      return
    }
    carrier.send({ ...dispatch, ttlMs, issuedAtMs: clock.nowMs() }).then(sent, failed)
  }
}

const errorOf = (code: 'QUEUE_FULL' | 'DEADLINE_PASSED', message: string, { dispatchId, capability }: Dispatch): MeshError =>
  new MeshError(code, message, { ...code === 'QUEUE_FULL' ? sdkCodes.QUEUE_FULL : reasonCodes.DEADLINE_PASSED, dispatchId, capability })
