// What a task remembers, and how an event changes it. A projection of the task's audit partition.
//
// Invariants:
//   T1. Only `evolve` changes it, and it takes nothing but audit events, so restoring and running give the same state.
//   T2. `lowestOffset` never lies above an event that the state still needs.
import type { AuditEvent } from '@mesh/schemas'
import { fingerprintOf } from './audit-events.ts'
import { DueQueue } from './due-queue.ts'
import type { Pending } from './pending.ts'
import { type Episode, episodeOf } from './quota.ts'
import { type Seen, type SeenBounds, SeenWindow, type Waits } from './seen-window.ts'
import { bounded } from './story.ts'

export interface TaskView {
  seen (id: string): Seen | undefined
  pending (id: string): Pending | undefined
  isStale (lane: number, issuedAtMs: number): boolean
}

export interface TaskStore extends TaskView {
  putSeen (seen: Seen): void
  putPending (id: string, pending: Pending): void
  removePending (id: string, outcome: string): void
  putWaits (id: string, waits: Waits): void
  putEpisode (episode: Episode): void
  removeEpisode (source: string, id: string): void
}

/** Takes one event into the store. `earlier` is the story before it, as its record tells it. */
export function evolve (store: TaskStore, event: AuditEvent, earlier: readonly AuditEvent[], eventsDropped: number, offset: number): void {
  const episode = episodeOf(event, offset)
  if (episode !== undefined) store.putEpisode(episode)
  if (event.decision === 'cleared') store.removeEpisode(event.source!, event.quota!.episode!)
  if (event.dispatchId === null) return
  const id = event.dispatchId
  switch (event.decision) {
    case 'delivered':
      store.putSeen(seenFrom(event, offset))
      if (event.type === 'request') store.putPending(id, pendingFrom([event], 0, event, offset))
      return
    case 'deferred':
      store.putSeen(seenFrom(event, offset))
      return
    case 'released':
      if (event.type === 'request') store.putPending(id, pendingFrom([...earlier, event], 0, event, offset))
      else store.removePending(id, event.outcome ?? event.decision)
      return
    case 'repeated':
      if (earlier.length > 0) {
        const story = bounded([...earlier, event], eventsDropped)
        store.putPending(id, pendingFrom(story.events, story.eventsDropped, event, offset))
      } else if (event.type === 'request') store.putWaits(id, { sourceInstance: event.sourceInstance, replyPartition: event.replyPartition })
      return
    case 'restated':
      // A request that waits is known by waiting; only a window's edge goes back into the window.
      if (earlier.length > 0) store.putPending(id, pendingFrom(earlier, eventsDropped, event, offset))
      else store.putSeen(seenFrom(event, offset))
      return
    case 'completed':
    case 'timed_out':
      store.removePending(id, event.outcome ?? event.decision)
      return
    case 'refused':
      // One that waited and can't go on any more; any other was never let through.
      if (event.dueAtMs !== null) store.removePending(id, event.outcome ?? event.decision)
      return
    case 'late':
    case 'cleared':
  }
}

const seenFrom = (event: AuditEvent, offset: number): Seen => ({
  id: event.dispatchId!, lane: event.claimedPriority ?? event.priority ?? 0, priority: event.priority ?? 0, appendedAtMs: event.appendedAtMs,
  fingerprint: fingerprintOf(event), offset, outcome: event.outcome, waits: undefined
})

const pendingFrom = (events: readonly AuditEvent[], eventsDropped: number, newest: AuditEvent, offset: number): Pending => ({
  events, eventsDropped, offset, deadlineAtMs: events[0]!.deadlineAtMs!, sourceInstance: newest.sourceInstance!, replyPartition: newest.replyPartition!
})

export class TaskState implements TaskStore {
  readonly #seen: SeenWindow
  /** In order of offset: `putPending` deletes before it sets. */
  readonly #pending = new Map<string, Pending>()
  readonly #due = new DueQueue()
  /** By source; a new episode of a source takes the place of the one before. */
  readonly #episodes = new Map<string, Episode>()
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
  restoredPartially (): void { this.#seen.restoredPartially() }

  putSeen (seen: Seen): void { this.#seen.put(seen) }

  putPending (id: string, pending: Pending): void {
    const known = this.#pending.delete(id)
    this.#pending.set(id, pending)
    if (!known) this.#due.put({ dueMs: pending.deadlineAtMs, id })
  }

  removePending (id: string, outcome: string): void {
    this.#pending.delete(id)
    const seen = this.#seen.get(id)
    if (seen !== undefined) seen.outcome = outcome
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

  nextDueMs (): number | undefined {
    for (;;) {
      const next = this.#due.peek()
      if (next === undefined || this.#pending.has(next.id)) return next?.dueMs
      this.#due.take()
    }
  }

  /** Ids of requests whose deadline has come, soonest first. */
  dueIds (nowMs: number, idsMax: number): string[] {
    return this.#due.due(nowMs, idsMax).filter(id => this.#pending.has(id))
  }

  forgetOld (changelogNextOffset: number): void { this.#seen.forgetOld(changelogNextOffset) }

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
}
