// What became of the first dispatch under an idempotency key, so that a repeat gets the same.
//
// Bound: `keysMax`, the oldest is forgotten; and a key is known no longer than its first dispatch's id. A repeat after that
// is a dispatch of its own.
import type { Position } from '@mesh/schemas'

export interface Keyed {
  readonly key: string
  readonly firstId: string
  /** What the first one was; another content under the same key is a conflict. */
  readonly fingerprint: string
  readonly outcome: string | null
  readonly reason: string | null
  /** Where its answer was written by who gave it. */
  readonly answerAt: Position | null
}

const keysMax = 50_000

export class KeyedOutcomes {
  readonly #byKey = new Map<string, Keyed>()

  get (key: string): Keyed | undefined { return this.#byKey.get(key) }

  put (keyed: Keyed): void {
    this.#byKey.set(keyed.key, keyed)
    if (this.#byKey.size > keysMax) this.#byKey.delete(this.#byKey.keys().next().value!)
  }

  /** Forgets the oldest ones that are no longer remembered otherwise. */
  forgetUnless (isRemembered: (firstId: string) => boolean): void {
    for (const [key, { firstId }] of this.#byKey) {
      if (isRemembered(firstId)) return
      this.#byKey.delete(key)
    }
  }
}
