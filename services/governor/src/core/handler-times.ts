// How long handlers ran, counted in logarithmic steps, so that a window of any number of calls takes the same memory.
//
// Invariants:
//   H1. A step is 4 % wide: a quantile is told within 2 %, so 1.3 times a promise and 1.1 times it are never taken for each other.
//   H2. Counts can be taken away again as they were added; nothing else is kept.

const growth = 1.04
const steps = 512
const perStep = 1 / Math.log(growth)

export class HandlerTimes {
  #counts: Uint32Array | undefined
  #total = 0

  get total (): number { return this.#total }

  add (handlerMs: number): void {
    this.#counts ??= new Uint32Array(steps)
    this.#counts[stepOf(handlerMs)]!++
    this.#total++
  }

  addAll (other: HandlerTimes): void { this.#move(other, 1) }
  takeAway (other: HandlerTimes): void { this.#move(other, -1) }

  /** The nearest rank's time; null where there is none. */
  quantile (share: number): number | null {
    if (this.#total === 0) return null
    let left = Math.ceil(share * this.#total)
    for (const [step, count] of this.#counts!.entries()) {
      left -= count
      if (left <= 0) return timeOf(step)
    }
    return timeOf(steps - 1)
  }

  /** How many took longer; one in the threshold's own step counts by the middle of that step. */
  over (thresholdMs: number): number {
    if (this.#total === 0) return 0
    let over = 0
    for (let step = stepOf(thresholdMs); step < steps; step++) if (timeOf(step) > thresholdMs) over += this.#counts![step]!
    return over
  }

  #move (other: HandlerTimes, sign: 1 | -1): void {
    if (other.#counts === undefined) return
    this.#counts ??= new Uint32Array(steps)
    for (let step = 0; step < steps; step++) this.#counts[step]! += sign * other.#counts[step]!
    this.#total += sign * other.#total
  }
}

/** The first step holds all up to 1 ms, the last one all from six days. */
const stepOf = (ms: number): number => ms <= 1 ? 0 : Math.min(steps - 1, Math.ceil(Math.log(ms) * perStep))
const timeOf = (step: number): number => step === 0 ? 1 : growth ** (step - 0.5)
