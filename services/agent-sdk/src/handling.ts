// One run of a handler: what it has sent, when it must end, and who may end it.
//
// Invariants:
//   H1. Ordinals count every call and send in the order in which the handler made them (children's ids depend on it).
//   H2. Once superseded, a run may still succeed, but its failure is not told: the other run has its say.
//   H3. The signal is aborted once: at the deadline, at the longest run, after too long a silence, on a cancel, for a later
//       attempt, or when the agent stops waiting for it.
//   H4. Attempts of one dispatch count on through redeliveries by the mesh and runs again here.
import type { Decision, Dispatch, SignedDispatch } from '@mesh/schemas'
import type { Parent, Priority } from './core/envelope.ts'
import { ProgressPace } from './core/progress-pace.ts'

export interface HandlingFacts {
  readonly dispatch: Dispatch
  readonly decision: Decision
  /** As it came, to be sent back if it can't be handled. */
  readonly signed: SignedDispatch
  /** What the capability's contract says; the shorter of it and the request's own holds. */
  readonly idleTimeoutMs: number | undefined
}

const shorter = (asked: number | null, declared: number | undefined): number | null =>
  asked === null && declared === undefined ? null : Math.min(asked ?? Infinity, declared ?? Infinity)

export class Handling implements Parent {
  readonly facts: HandlingFacts
  readonly dispatch: Dispatch
  /** What is to be handled: not what was asked for where this agent stands in for another. */
  readonly capability: string
  /** From 1. */
  readonly attempt: number
  readonly priority: Priority
  /** Broker time from which its latency counts: when its source's dispatch was written, or until when it had to wait in the mesh. */
  readonly wantedAtMs: number
  readonly deadlineAtMs: number | null
  /** Null where only the deadline counts. */
  readonly idleTimeoutMs: number | null
  /** Broker time before which nothing lies that its handler caused in this attempt or an earlier one. */
  readonly causesSinceMs: number
  /** Set when its partition went to another instance, which runs it again: then only success is told. */
  superseded = false
  /** Called when the handler says that it is alive. */
  onAlive: () => void = () => {}
  readonly #pace: ProgressPace
  readonly #aborter = new AbortController()
  /** Sends not yet confirmed; awaited before the dispatch counts as handled, whether or not the handler awaits them. */
  readonly #unconfirmed = new Set<Promise<unknown>>()
  #ordinal = 0

  constructor (facts: HandlingFacts, attempt: number = facts.decision.attempt) {
    const { dispatch, decision: { appendedAtMs, dueAtMs, deadlineAtMs, decidedAtMs, priority, capability } } = facts
    this.facts = facts
    this.dispatch = dispatch
    this.capability = capability ?? dispatch.capability
    this.attempt = attempt
    this.priority = (priority ?? dispatch.priority) as Priority
    this.wantedAtMs = Math.max(appendedAtMs, dueAtMs ?? 0)
    this.deadlineAtMs = deadlineAtMs
    this.idleTimeoutMs = dispatch.type === 'request' ? shorter(dispatch.idleTimeoutMs, facts.idleTimeoutMs) : null
    this.causesSinceMs = attempt === 1 ? decidedAtMs : Math.min(appendedAtMs, decidedAtMs)
    this.#pace = new ProgressPace(this.idleTimeoutMs)
  }

  get signal (): AbortSignal { return this.#aborter.signal }

  nextOrdinal (): number { return ++this.#ordinal }

  abort (reason: Error): void { this.#aborter.abort(reason) }

  /** Whether the mesh is to be told that the handler is alive. */
  alive (nowMs: number): boolean {
    if (this.signal.aborted) return false
    this.onAlive()
    return this.#pace.tells(nowMs)
  }

  /** The next attempt of the same delivery, in this instance. */
  again (): Handling {
    const next = new Handling(this.facts, this.attempt + 1)
    next.superseded = this.superseded
    return next
  }

  confirmLater (sending: Promise<unknown>): void {
    const confirmed = sending.then(() => {}, () => {}).finally(() => this.#unconfirmed.delete(confirmed))
    this.#unconfirmed.add(confirmed)
  }

  async confirmed (): Promise<void> {
    while (this.#unconfirmed.size > 0) await Promise.all(this.#unconfirmed)
  }
}
