// Those of an author's functions that want to hear of something; one that throws is logged and disturbs nobody else.
import type { Logger } from 'pino'
import { codeSaid } from './saying.ts'

export class Listeners<T> {
  readonly #listeners = new Set<(told: T) => void>()
  readonly #of: string

  /** `of`: what they listen for, for the log. */
  constructor (of: string) { this.#of = of }

  /** Returns what removes the listener. */
  add (listener: (told: T) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  tell (told: T, logger: Logger): void {
    for (const listener of this.#listeners) {
      try {
        listener(told)
      } catch (error) {
        logger.error({ error: codeSaid(error) }, `a listener of ${this.#of} threw`)
      }
    }
  }
}
