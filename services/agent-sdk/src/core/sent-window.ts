// What this instance sent without waiting for it, so that a later refusal can be told to whom it concerns.
//
// Invariants:
//   W1. At most `entriesMax` are kept, the newest; a refusal of an older one is told without its capability.

export interface Sent {
  readonly kind: 'event' | 'answer' | 'progress'
  readonly capability: string
}

export class SentWindow {
  readonly #entries = new Map<string, Sent>()
  readonly #entriesMax: number

  constructor (entriesMax: number) { this.#entriesMax = entriesMax }

  get size (): number { return this.#entries.size }

  put (dispatchId: string, sent: Sent): void {
    this.#entries.delete(dispatchId)
    this.#entries.set(dispatchId, sent)
    if (this.#entries.size > this.#entriesMax) this.#entries.delete(this.#entries.keys().next().value!)
  }

  take (dispatchId: string): Sent | undefined {
    const sent = this.#entries.get(dispatchId)
    this.#entries.delete(dispatchId)
    return sent
  }
}
