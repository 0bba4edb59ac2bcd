// The task's state as one round sees it while it is being planned: what earlier records of the round decided, laid
// over the state, which itself is not touched.
import type { Keyed } from './keyed-outcomes.ts'
import { heardAt, type Pending } from './pending.ts'
import type { Seen, Waits } from './seen-window.ts'
import type { TaskStore, TaskView } from './task-state.ts'

export class RoundView implements TaskStore {
  readonly #below: TaskView
  readonly #seen = new Map<string, Seen>()
  readonly #pending = new Map<string, Pending | null>()
  readonly #outcomes = new Map<string, string>()
  readonly #waits = new Map<string, Waits>()
  readonly #tallies = new Map<string, number>()
  readonly #retries = new Map<string, number>()
  readonly #keyed = new Map<string, Keyed>()

  constructor (below: TaskView) { this.#below = below }

  seen (id: string): Seen | undefined {
    const seen = this.#seen.get(id) ?? this.#below.seen(id)
    const outcome = this.#outcomes.get(id)
    const waits = this.#waits.get(id)
    if (seen === undefined || (outcome === undefined && waits === undefined)) return seen
    return { ...seen, outcome: outcome ?? seen.outcome, waits: waits ?? seen.waits }
  }

  pending (id: string): Pending | undefined {
    const changed = this.#pending.get(id)
    return changed === undefined ? this.#below.pending(id) : changed ?? undefined
  }

  tally (name: string, nowMs: number): number { return this.#below.tally(name, nowMs) + (this.#tallies.get(name) ?? 0) }
  retriesLeft (target: string): number { return this.#below.retriesLeft(target) - (this.#retries.get(target) ?? 0) }
  keyed (key: string): Keyed | undefined { return this.#keyed.get(key) ?? this.#below.keyed(key) }
  isStale (lane: number, issuedAtMs: number): boolean { return this.#below.isStale(lane, issuedAtMs) }

  putSeen (seen: Seen): void { this.#seen.set(seen.id, seen) }
  putPending (id: string, pending: Pending): void { this.#pending.set(id, pending) }

  removePending (id: string, outcome: string): void {
    this.#pending.set(id, null)
    this.#outcomes.set(id, outcome)
  }

  heard (id: string, atMs: number): void {
    const pending = this.pending(id)
    if (pending !== undefined) this.#pending.set(id, heardAt(pending, atMs))
  }

  addTally (name: string): void { this.#tallies.set(name, (this.#tallies.get(name) ?? 0) + 1) }
  // Earned with the round's end: a round is short.
  earnRetry (): void { /* of no use to a round */ }
  spendRetry (target: string): void { this.#retries.set(target, (this.#retries.get(target) ?? 0) + 1) }
  putKeyed (keyed: Keyed): void { this.#keyed.set(keyed.key, keyed) }
  putWaits (id: string, waits: Waits): void { this.#waits.set(id, waits) }

  // No decision of a round looks at episodes.
  putEpisode (): void { /* of no use to a round */ }
  removeEpisode (): void { /* of no use to a round */ }
}
