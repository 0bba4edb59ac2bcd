// How fast an instance sends while the mesh says that its agent is over its quota, and what waits meanwhile.
//
// Invariants:
//   P1. While slowed, items go one by one, no sooner than the pause between two of them: half of the told rate, divided among
//       the agent's instances. (At the full rate the backlog in the mesh would never end.)
//   P2. Items of one class leave in the order in which they came, also those that come while others wait; between classes the
//       policy chooses.
//   P3. It ends when told so, or when the backlog should have been gone at this pace, and a while later; what waits goes then.
//   P4. At most `waitingMax` wait; one more is refused.
import type { ClassPolicy } from './inbox-buffers.ts'

export interface SlowDownTold {
  readonly ratePerS: number
  readonly clearsInMs: number
}

export type PaceAdmission = 'go' | 'waits' | 'full'

interface Waiting<T> {
  readonly item: T
  readonly sinceMs: number
}

export const pacePart = 0.5
export const paceEndMarginMs = 5_000
/** A told rate near nothing must not stop an instance altogether. */
export const pauseMsMax = 10_000
const classesMax = 4

export class Pacer<T> {
  readonly #policy: ClassPolicy
  readonly #waitingMax: number
  readonly #classes: Waiting<T>[][] = Array.from({ length: classesMax }, () => [])
  #waiting = 0
  #pauseMs = 0
  #nextAtMs = -Infinity
  #endsAtMs = -Infinity

  constructor (policy: ClassPolicy, waitingMax: number) {
    this.#policy = policy
    this.#waitingMax = waitingMax
  }

  get waiting (): number { return this.#waiting }

  isSlowed (nowMs: number): boolean { return nowMs < this.#endsAtMs }

  slowDown ({ ratePerS, clearsInMs }: SlowDownTold, instances: number, nowMs: number): void {
    this.#pauseMs = Math.min(pauseMsMax, 1_000 * Math.max(1, instances) / (ratePerS * pacePart))
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs + this.#pauseMs)
    this.#endsAtMs = nowMs + clearsInMs / pacePart + paceEndMarginMs
  }

  end (): void { this.#endsAtMs = -Infinity }

  /** Whether an item may go at once; one that waits comes out of `next` in its turn. */
  admit (item: T, priority: number, nowMs: number): PaceAdmission {
    if (this.#waiting === 0 && this.#mayGo(nowMs)) {
      this.#gone(nowMs)
      return 'go'
    }
    if (this.#waiting >= this.#waitingMax) return 'full'
    this.#classes[priority]!.push({ item, sinceMs: nowMs })
    this.#waiting++
    return 'waits'
  }

  /** An item that may go now. */
  next (nowMs: number): T | undefined {
    if (this.#waiting === 0 || !this.#mayGo(nowMs)) return undefined
    const states = this.#classes.map(waiting => ({ records: waiting.length, oldestAgeMs: nowMs - (waiting[0]?.sinceMs ?? nowMs) }))
    const priority = this.#policy.take(states, 1).findIndex(records => records > 0)
    this.#waiting--
    this.#gone(nowMs)
    return this.#classes[priority]!.shift()!.item
  }

  /** When `next` has something again; undefined while nothing waits. */
  nextAtMs (): number | undefined { return this.#waiting === 0 ? undefined : Math.min(this.#nextAtMs, this.#endsAtMs) }

  /** The last one was not worth its turn. */
  giveBack (nowMs: number): void { if (this.isSlowed(nowMs)) this.#nextAtMs = nowMs }

  #mayGo (nowMs: number): boolean { return !this.isSlowed(nowMs) || nowMs >= this.#nextAtMs }

  #gone (nowMs: number): void { if (this.isSlowed(nowMs)) this.#nextAtMs = nowMs + this.#pauseMs }
}
