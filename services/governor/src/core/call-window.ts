// The calls of the last while to one version of an agent.
//
// Invariants:
//   W1. What is older than the window has left it; it leaves in slices of a twelfth.
//   W2. Memory is bounded, however many calls there are.
//   W3. A call counts where its time puts it; one that is older than the window, or not later than the last clearing, counts nowhere.
//       A time that is ahead of this machine's counts as now.
import { HandlerTimes } from './handler-times.ts'

export interface Call {
  /** When its outcome was decided. */
  readonly atMs: number
  /** When it was handed over. */
  readonly deliveredAtMs: number
  readonly isError: boolean
  /** Null where the handler said nothing of it. */
  readonly handlerMs: number | null
}

export interface CallTotals {
  readonly calls: number
  readonly errors: number
  readonly times: HandlerTimes
}

interface Slice { readonly index: number, calls: number, errors: number, readonly times: HandlerTimes }

const slicesInWindow = 12

export class CallWindow {
  readonly #sliceMs: number
  #slices: Slice[] = []
  #calls = 0
  #errors = 0
  #times = new HandlerTimes()
  #fromMs = -Infinity

  constructor (windowMs: number) {
    this.#sliceMs = windowMs / slicesInWindow
  }

  add ({ atMs, deliveredAtMs, isError, handlerMs }: Call, nowMs: number): void {
    if (deliveredAtMs < this.#fromMs) return
    const slice = this.#sliceAt(Math.min(atMs, nowMs), nowMs)
    if (slice === undefined) return
    slice.calls++
    this.#calls++
    if (isError) {
      slice.errors++
      this.#errors++
    }
    if (handlerMs === null) return
    slice.times.add(handlerMs)
    this.#times.add(handlerMs)
  }

  /** Forgets all, and takes no call that was handed over before `fromMs`: it belongs to what was before. */
  clear (fromMs: number): void {
    this.#slices = []
    this.#calls = this.#errors = 0
    this.#times = new HandlerTimes()
    this.#fromMs = Math.max(this.#fromMs, fromMs)
  }

  totals (nowMs: number): CallTotals {
    this.#expire(nowMs)
    return { calls: this.#calls, errors: this.#errors, times: this.#times }
  }

  #sliceAt (atMs: number, nowMs: number): Slice | undefined {
    this.#expire(nowMs)
    const index = Math.floor(atMs / this.#sliceMs)
    if (index <= this.#lastExpired(nowMs)) return undefined
    const known = this.#slices.find(slice => slice.index === index)
    if (known !== undefined) return known
    const slice = { index, calls: 0, errors: 0, times: new HandlerTimes() }
    this.#slices.push(slice)
    return slice
  }

  #expire (nowMs: number): void {
    const last = this.#lastExpired(nowMs)
    if (!this.#slices.some(({ index }) => index <= last)) return
    for (const { index, calls, errors, times } of this.#slices) {
      if (index > last) continue
      this.#calls -= calls
      this.#errors -= errors
      this.#times.takeAway(times)
    }
    this.#slices = this.#slices.filter(({ index }) => index > last)
  }

  #lastExpired (nowMs: number): number { return Math.floor(nowMs / this.#sliceMs) - slicesInWindow }
}
