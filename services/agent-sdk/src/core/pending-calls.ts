// Calls that wait for their answer, by dispatch id.
//
// Invariants:
//   P1. A call leaves exactly once: by answer, notice, timeout or stop, whichever comes first.
//   P2. At most `callsMax` wait; one more is refused before anything is sent.

export type Admission = 'waiting' | 'full' | 'duplicate'

export class PendingCalls<T> {
  readonly #calls = new Map<string, T>()
  readonly #callsMax: number

  constructor (callsMax: number) { this.#callsMax = callsMax }

  get size (): number { return this.#calls.size }

  add (dispatchId: string, call: T): Admission {
    if (this.#calls.has(dispatchId)) return 'duplicate'
    if (this.#calls.size >= this.#callsMax) return 'full'
    this.#calls.set(dispatchId, call)
    return 'waiting'
  }

  has (dispatchId: string): boolean { return this.#calls.has(dispatchId) }

  get (dispatchId: string): T | undefined { return this.#calls.get(dispatchId) }

  /** Takes the call out, or gives undefined where none of that id waits (it is another instance's, or over). */
  take (dispatchId: string): T | undefined {
    const call = this.#calls.get(dispatchId)
    this.#calls.delete(dispatchId)
    return call
  }

  takeAll (): T[] {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    return calls
  }
}
