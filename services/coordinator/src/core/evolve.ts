// How one event changes what a task remembers; the same while deciding, after a round, and while restoring.
import type { AuditEvent } from '@mesh/schemas'
import { fingerprintOf } from './audit-events.ts'
import { pendingOf } from './pending.ts'
import { episodeOf } from './quota.ts'
import type { Seen } from './seen-window.ts'
import { bounded } from './story.ts'
import { talliedBy } from './tallied.ts'
import type { TaskStore } from './task-state.ts'
import { isUnproven } from './unproven.ts'

/** Takes one event into the store. `earlier` is the story before it, as its record tells it. */
export function evolve (store: TaskStore, event: AuditEvent, earlier: readonly AuditEvent[], eventsDropped: number, offset: number): void {
  const episode = episodeOf(event, offset)
  if (episode !== undefined) store.putEpisode(episode)
  if (event.decision === 'cleared') store.removeEpisode(event.source!, event.quota!.episode!)
  if (event.dispatchId === null || isUnproven(event)) return
  for (const name of talliedBy(event)) store.addTally(name, event.atMs)
  noteBudget(store, event)
  remember(store, event, earlier, eventsDropped, offset)
  if (event.idempotencyKey !== null && event.follows === null) noteKeyed(store, event)
}

function noteBudget (store: TaskStore, { type, decision, target }: AuditEvent): void {
  if (decision === 'retried') store.spendRetry(target!)
  else if (type === 'request' && (decision === 'delivered' || decision === 'released')) store.earnRetry(target!)
}

function remember (store: TaskStore, event: AuditEvent, earlier: readonly AuditEvent[], eventsDropped: number, offset: number): void {
  const id = event.dispatchId!
  switch (event.decision) {
    case 'delivered':
      // Cancels need no memory: a second one finds nothing to cancel.
      if (event.type === 'cancel') return
      store.putSeen(seenFrom(event, offset))
      if (event.type === 'request') store.putPending(id, pendingOf([event], 0, event, offset))
      return
    case 'deferred':
      store.putSeen(seenFrom(event, offset))
      return
    case 'released':
      if (event.type === 'request') store.putPending(id, pendingOf([...earlier, event], 0, event, offset))
      else store.removePending(id, event.outcome ?? event.decision)
      return
    case 'retried':
    case 'redelivered': {
      const story = bounded([...earlier, event], eventsDropped)
      store.putPending(id, pendingOf(story.events, story.eventsDropped, event, offset))
      return
    }
    case 'repeated':
      repeated(store, event, earlier, eventsDropped, offset)
      return
    case 'restated':
      // A request that waits is known by waiting; only a window's edge goes back into the window.
      if (earlier.length > 0) store.putPending(id, pendingOf(earlier, eventsDropped, event, offset))
      else store.putSeen(seenFrom(event, offset))
      return
    case 'progressed':
      store.heard(event.inReplyTo!, event.atMs)
      return
    case 'completed':
    case 'timed_out':
    case 'cancelled':
    case 'dead_lettered':
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

function repeated (store: TaskStore, event: AuditEvent, earlier: readonly AuditEvent[], eventsDropped: number, offset: number): void {
  const id = event.dispatchId!
  if (earlier.length > 0) {
    const story = bounded([...earlier, event], eventsDropped)
    store.putPending(id, pendingOf(story.events, story.eventsDropped, event, offset))
  } else if (event.follows !== null) {
    store.putSeen(seenFrom(event, offset))
    if (event.type === 'request') store.putPending(id, pendingOf([event], 0, event, offset))
  } else if (event.type === 'request') store.putWaits(id, { sourceInstance: event.sourceInstance, replyPartition: event.replyPartition })
}

const seenFrom = (event: AuditEvent, offset: number): Seen => ({
  id: event.dispatchId!, lane: event.claimedPriority ?? event.priority ?? 0, priority: event.priority ?? 0, appendedAtMs: event.appendedAtMs,
  ingressOffset: event.ingress.offset, fingerprint: fingerprintOf(event), offset, outcome: event.outcome, waits: undefined
})

/** Decisions that let a dispatch in, and those that end it. */
const begins: ReadonlySet<string> = new Set(['delivered', 'deferred'])
const ends: ReadonlySet<string> = new Set(['released', 'completed', 'timed_out', 'cancelled', 'dead_lettered'])

function noteKeyed (store: TaskStore, event: AuditEvent): void {
  const key = event.idempotencyKey!
  const known = store.keyed(key)
  if (begins.has(event.decision) && known?.firstId !== event.dispatchId) {
    store.putKeyed({ key, firstId: event.dispatchId!, fingerprint: fingerprintOf(event), outcome: event.outcome, reason: event.reason, answerAt: null })
  } else if (known !== undefined && known.firstId === event.dispatchId && (ends.has(event.decision) || event.decision === 'refused')) {
    store.putKeyed({ ...known, outcome: event.outcome, reason: event.reason, answerAt: event.decision === 'completed' && event.agentMs !== null ? event.ingress : null })
  }
}
