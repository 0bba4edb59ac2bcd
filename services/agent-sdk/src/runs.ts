// Handlings that run in this instance.
//
// Invariants:
//   U1. Each counts until it ends, also one that a later attempt has overtaken.
//   U2. Of one dispatch the latest attempt is the one that is spoken of.
import type { Handling } from './handling.ts'
import type { HandlingOutcome } from './pipeline.ts'

export interface Run {
  /** Of the delivery, as the mesh counts. */
  readonly attempt: number
  /** The attempt that runs just now. */
  handling: Handling
  readonly outcome: Promise<HandlingOutcome>
}

export class Runs {
  readonly #all = new Set<Run>()
  readonly #latest = new Map<string, Run>()

  get size (): number { return this.#all.size }
  get all (): Run[] { return [...this.#all] }

  of (dispatchId: string): Run | undefined { return this.#latest.get(dispatchId) }

  add (run: Run): void {
    this.#all.add(run)
    this.#latest.set(run.handling.dispatch.dispatchId, run)
  }

  ended (run: Run): void {
    const { dispatchId } = run.handling.dispatch
    this.#all.delete(run)
    if (this.#latest.get(dispatchId) === run) this.#latest.delete(dispatchId)
  }

  /** Resolves when all that run now have ended. */
  async over (): Promise<void> { await Promise.all(this.all.map(({ outcome }) => outcome)) }
}
