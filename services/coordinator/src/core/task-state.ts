// What a task remembers, and how an event changes it. A projection of the task's audit partition.
//
// Invariants:
//   T1. Only `evolve` changes it, and it takes nothing but audit events, so restoring and running give the same state.
//   T2. `lowestOffset` never lies above an event that the state still needs.
import { DueQueue } from './due-queue.ts'
import { type Keyed, KeyedOutcomes } from './keyed-outcomes.ts'
import { followedBy, heardAt, type Pending } from './pending.ts'
import type { Episode } from './quota.ts'
import { type Seen, type SeenBounds, SeenWindow, type Waits } from './seen-window.ts'
import type { Budgets } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'
import { SlidingTallies } from './sliding-tallies.ts'
import type { Tallies } from './tallied.ts'

export interface TaskView extends Tallies, Budgets {
  seen (id: string): Seen | undefined
  pending (id: string): Pending | undefined
  isStale (lane: number, issuedAtMs: number): boolean
  /** What is known of the first dispatch under an idempotency key. */
  keyed (key: string): Keyed | undefined
}

export interface TaskStore extends TaskView {
  putSeen (seen: Seen): void
  putPending (id: string, pending: Pending): void
  /** The request has its outcome; who shares it is due. */
  removePending (id: string, outcome: string): void
  /** Its handler was heard of. */
  heard (id: string, atMs: number): void
  putWaits (id: string, waits: Waits): void
  putEpisode (episode: Episode): void
  removeEpisode (source: string, id: string): void
  addTally (name: string, atMs: number): void
  earnRetry (target: string): void
  spendRetry (target: string): void
  putKeyed (keyed: Keyed): void
}

export class TaskState implements TaskStore {
  readonly #seen: SeenWindow
  /** In order of offset: `putPending` deletes before it sets. */
  readonly #pending = new Map<string, Pending>()
  readonly #due = new DueQueue()
  /** By source; a new episode of a source takes the place of the one before. */
  readonly #episodes = new Map<string, Episode>()
  readonly #tallies = new SlidingTallies()
  readonly #retries = new RetryBudget()
  readonly #keyed = new KeyedOutcomes()
  /** Requests that share the outcome of another, by its id. */
  readonly #followers = new Map<string, Set<string>>()
  readonly #restateAfterRecords: number

  constructor (laneCount: number, bounds: SeenBounds) {
    this.#seen = new SeenWindow(laneCount, bounds)
    this.#restateAfterRecords = bounds.recordsMax
  }

  get seenCount (): number { return this.#seen.size }
  get pendingCount (): number { return this.#pending.size }

  seen (id: string): Seen | undefined { return this.#seen.get(id) }
  pending (id: string): Pending | undefined { return this.#pending.get(id) }
  isStale (lane: number, issuedAtMs: number): boolean { return this.#seen.isStale(lane, issuedAtMs) }
  tally (name: string, nowMs: number): number { return this.#tallies.count(name, nowMs) }
  retriesLeft (target: string): number { return this.#retries.left(target) }
  keyed (key: string): Keyed | undefined { return this.#keyed.get(key) }
  restoredPartially (): void { this.#seen.restoredPartially() }

  putSeen (seen: Seen): void { this.#seen.put(seen) }

  putPending (id: string, pending: Pending): void {
    const known = this.#pending.get(id)
    this.#pending.delete(id)
    const followed = followedBy(pending)
    const isOver = followed !== null && !this.#pending.has(followed)
    this.#pending.set(id, pending)
    if (followed !== null && known === undefined) this.#follow(id, followed)
    if (isOver) this.#putDue(id, { ...pending, dueAtMs: 0 })
    else if (known?.dueAtMs !== pending.dueAtMs) this.#due.put({ dueMs: pending.dueAtMs, id })
  }

  removePending (id: string, outcome: string): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    const followed = pending === undefined ? null : followedBy(pending)
    if (followed !== null) this.#followers.get(followed)?.delete(id)
    for (const follower of this.#followers.get(id) ?? []) this.#putDue(follower, { ...this.#pending.get(follower)!, dueAtMs: 0 })
    this.#followers.delete(id)
    const seen = this.#seen.get(id)
    if (seen !== undefined) seen.outcome = outcome
  }

  heard (id: string, atMs: number): void {
    const pending = this.#pending.get(id)
    if (pending !== undefined) this.#putDue(id, heardAt(pending, atMs))
  }

  get episodes (): ReadonlyMap<string, Episode> { return this.#episodes }

  putWaits (id: string, waits: Waits): void {
    const seen = this.#seen.get(id)
    if (seen !== undefined) seen.waits = waits
  }

  putEpisode (episode: Episode): void { this.#episodes.set(episode.source, episode) }

  removeEpisode (source: string, id: string): void {
    if (this.#episodes.get(source)?.id === id) this.#episodes.delete(source)
  }

  addTally (name: string, atMs: number): void { this.#tallies.add(name, atMs) }
  earnRetry (target: string): void { this.#retries.earn(target) }
  spendRetry (target: string): void { this.#retries.spend(target) }
  putKeyed (keyed: Keyed): void { this.#keyed.put(keyed) }

  nextDueMs (): number | undefined {
    for (;;) {
      const next = this.#due.peek()
      if (next === undefined || this.#pending.get(next.id)?.dueAtMs === next.dueMs) return next?.dueMs
      this.#due.take()
    }
  }

  /** Ids of requests about which something is to be decided now, soonest first. */
  dueIds (nowMs: number, idsMax: number): string[] {
    const due = this.#due.due(nowMs, idsMax).filter(id => (this.#pending.get(id)?.dueAtMs ?? Infinity) <= nowMs)
    return [...new Set(due)]
  }

  forgetOld (changelogNextOffset: number): void {
    this.#seen.forgetOld(changelogNextOffset)
    this.#keyed.forgetUnless(id => this.#seen.get(id) !== undefined || this.#pending.has(id))
  }

  /** What lies too far back in the changelog: pending requests, at most `entriesMax`, the window's edges and episodes. */
  toRestate (changelogNextOffset: number, entriesMax: number): { pending: Pending[], seen: Seen[], episodes: Episode[] } {
    const tooFarBack = changelogNextOffset - this.#restateAfterRecords
    const pending: Pending[] = []
    for (const entry of this.#pending.values()) {
      if (entry.offset >= tooFarBack || pending.length >= entriesMax) break
      pending.push(entry)
    }
    const episodes = [...this.#episodes.values()].filter(({ offset }) => offset < tooFarBack)
    return { pending, seen: this.#seen.toRestate(changelogNextOffset), episodes }
  }

  /** Lowest changelog offset that a restore must reach back to; infinite when there is none. */
  lowestOffset (): number {
    const oldest = this.#pending.values().next()
    const episodes = [...this.#episodes.values()].map(({ offset }) => offset)
    return Math.min(this.#seen.lowestOffset(), oldest.done === true ? Infinity : oldest.value.offset, ...episodes)
  }

  #follow (id: string, followed: string): void {
    const followers = this.#followers.get(followed)
    if (followers === undefined) this.#followers.set(followed, new Set([id]))
    else followers.add(id)
  }

  /** In its place: the order is that of offsets. */
  #putDue (id: string, pending: Pending): void {
    this.#pending.set(id, pending)
    this.#due.put({ dueMs: pending.dueAtMs, id })
  }
}
