// Which record on the audit topic an event becomes: its key, and the story that the record tells.
//
// Invariant: a record under a dispatch's own key tells the dispatch's whole story so far. An event about an id that is
// known but whose story is no longer in memory goes under its own position, so that compaction can't lose the story.
import type { AuditEvent } from '@mesh/schemas'
import type { TaskView } from './task-state.ts'

/** A story holds at most this many events: the first, and the newest of the rest. */
export const storyEventsMax = 16

export interface Story {
  readonly events: AuditEvent[]
  readonly eventsDropped: number
}

export function storyKey (event: AuditEvent, view: TaskView): string {
  const { dispatchId, workflowId, decision, eventId } = event
  if (dispatchId === null) return `position/${eventId}`
  if (workflowId === null) return `window/${event.task}/${event.priority}`
  const isPending = view.pending(dispatchId) !== undefined
  const isAside = decision === 'refused' || decision === 'late' ? isPending || view.seen(dispatchId) !== undefined : decision === 'repeated' && !isPending
  return isAside ? `position/${eventId}` : `${workflowId}/${dispatchId}`
}

export function storyOf (event: AuditEvent, view: TaskView): Story {
  const continues = event.workflowId !== null && event.dispatchId !== null && event.decision !== 'refused' && event.decision !== 'late' && event.decision !== 'delivered'
  const pending = continues ? view.pending(event.dispatchId!) : undefined
  if (pending === undefined) return { events: [event], eventsDropped: 0 }
  return bounded([...pending.events, event], pending.eventsDropped)
}

export function bounded (events: readonly AuditEvent[], eventsDropped: number): Story {
  const tooMany = events.length - storyEventsMax
  if (tooMany <= 0) return { events: [...events], eventsDropped }
  return { events: [events[0]!, ...events.slice(1 + tooMany)], eventsDropped: eventsDropped + tooMany }
}
