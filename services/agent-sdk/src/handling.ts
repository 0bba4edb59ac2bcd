// One run of a handler: what it has sent, when it must end, and who may end it.
//
// Invariants:
//   H1. Ordinals count every call and send in the order in which the handler made them (children's ids depend on it).
//   H2. Once superseded, a run may still succeed, but its failure is not told: the other run has its say.
//   H3. The signal is aborted once: at the deadline, at the longest run, or when the agent stops waiting for it.
import type { Decision, Dispatch } from '@mesh/schemas'
import type { Parent, Priority } from './core/envelope.ts'

export class Handling implements Parent {
  readonly dispatch: Dispatch
  readonly priority: Priority
  /** Broker time from which its latency counts: when its source's dispatch was written, or until when it had to wait in the mesh. */
  readonly wantedAtMs: number
  readonly deadlineAtMs: number | null
  /** Broker time at which it was let through; nothing that its handler caused is older. */
  readonly decidedAtMs: number
  /** Set when its partition went to another instance, which runs it again: then only success is told. */
  superseded = false
  readonly #aborter = new AbortController()
  /** Sends not yet confirmed; awaited before the dispatch counts as handled, whether or not the handler awaits them. */
  readonly #unconfirmed = new Set<Promise<unknown>>()
  #ordinal = 0

  constructor (dispatch: Dispatch, { appendedAtMs, dueAtMs, deadlineAtMs, decidedAtMs, priority }: Decision) {
    this.dispatch = dispatch
    this.priority = (priority ?? dispatch.priority) as Priority
    this.wantedAtMs = Math.max(appendedAtMs, dueAtMs ?? 0)
    this.deadlineAtMs = deadlineAtMs
    this.decidedAtMs = decidedAtMs
  }

  get signal (): AbortSignal { return this.#aborter.signal }

  nextOrdinal (): number { return ++this.#ordinal }

  abort (reason: Error): void { this.#aborter.abort(reason) }

  confirmLater (sending: Promise<unknown>): void {
    const confirmed = sending.then(() => {}, () => {}).finally(() => this.#unconfirmed.delete(confirmed))
    this.#unconfirmed.add(confirmed)
  }

  async confirmed (): Promise<void> {
    while (this.#unconfirmed.size > 0) await Promise.all(this.#unconfirmed)
  }
}
