// Which record on the audit topic an event becomes: its key, and the story that the record tells.
//
// Invariant: a record under a dispatch's own key tells the dispatch's whole story so far. An event about an id that is
// known but whose story is no longer in memory goes under its own position, so that compaction can't lose the story.
import type { AuditEvent } from '@mesh/schemas'
import type { TaskView } from './task-state.ts'
import { isUnproven } from './unproven.ts'

/** A story holds at most this many events: the first two (a deferred dispatch is passed on by its second), and the newest. */
export const storyEventsMax = 16

/** Decisions that no story of a waiting request comes before. */
const begins: ReadonlySet<string> = new Set(['delivered', 'deferred', 'refused', 'late', 'progressed'])
/** Decisions about a dispatch whose story may no longer be in memory. */
const afterwards: ReadonlySet<string> = new Set(['cancelled', 'dead_lettered'])

export interface Story {
  readonly events: AuditEvent[]
  readonly eventsDropped: number
}

/** `earlier` is the story of a dispatch that was deferred, which the state doesn't hold. */
export function storyKey (event: AuditEvent, view: TaskView, earlier: readonly AuditEvent[] = []): string {
  const { dispatchId, workflowId, decision, eventId } = event
  if (dispatchId === null) return `position/${eventId}`
  if (workflowId === null) return `window/${event.task}/${event.priority}`
  if (earlier.length > 0) return `${workflowId}/${dispatchId}`
  if (isUnproven(event)) return `position/${eventId}`
  const isPending = view.pending(dispatchId) !== undefined
  const isRefused = decision === 'refused' || decision === 'late'
  const isAside = isRefused ? isPending || view.seen(dispatchId) !== undefined : !isPending && (afterwards.has(decision) || (decision === 'repeated' && event.follows === null))
  return isAside ? `position/${eventId}` : `${workflowId}/${dispatchId}`
}

export function storyOf (event: AuditEvent, view: TaskView, earlier: readonly AuditEvent[] = []): Story {
  if (earlier.length > 0) return bounded([...earlier, event], 0)
  const continues = event.workflowId !== null && event.dispatchId !== null && !begins.has(event.decision)
  const pending = continues ? view.pending(event.dispatchId!) : undefined
  if (pending === undefined) return { events: [event], eventsDropped: 0 }
  return bounded([...pending.events, event], pending.eventsDropped)
}

export function bounded (events: readonly AuditEvent[], eventsDropped: number): Story {
  const tooMany = events.length - storyEventsMax
  if (tooMany <= 0) return { events: [...events], eventsDropped }
  return { events: [...events.slice(0, 2), ...events.slice(2 + tooMany)], eventsDropped: eventsDropped + tooMany }
}
