// Rows of the archive for tests, with what a test doesn't name filled in.
import type { ArchivedEvent } from './trace-tree.ts'

export type Facts = Partial<ArchivedEvent> & { readonly dispatchId: string }

export function dispatched (facts: Facts): ArchivedEvent {
  const appendedAtMs = facts.appendedAtMs ?? 0
  return {
    decision: 'delivered', outcome: 'success', reason: null, parentId: null, inReplyTo: null, type: 'request', source: 'asker', target: 'worker',
    capability: 'work', priority: 1, topic: 'mesh.dispatch.p1', partition: 2, offset: 7, latencyMs: 4, agentMs: null, dueAtMs: null,
    ...facts, appendedAtMs, atMs: facts.atMs ?? appendedAtMs + (facts.latencyMs ?? 4)
  }
}

/** It waited in the mesh, until it was let through if `released` says when. */
export function deferred (facts: Facts & { readonly dueAtMs: number }, released?: { readonly atMs: number }): ArchivedEvent[] {
  const event = dispatched({ reason: 'OVER_QUOTA', ...facts, decision: 'deferred', outcome: null })
  return released === undefined ? [event] : [event, { ...event, decision: 'released', reason: null, latencyMs: released.atMs - event.appendedAtMs, ...released }]
}

export function completed (facts: Facts): ArchivedEvent {
  return dispatched({ decision: 'completed', outcome: 'success', latencyMs: 50, agentMs: 40, ...facts, offset: 99 })
}

export function answer (facts: Facts & { readonly inReplyTo: string }): ArchivedEvent {
  return dispatched({ type: 'response', parentId: facts.inReplyTo, source: 'worker', target: 'asker', ...facts })
}
