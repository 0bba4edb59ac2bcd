// What lies too far back in the changelog is written again, so that a restore stays short in records: requests that
// wait long, and the oldest remembered id of a lane that has gone quiet.
import type { AuditEvent } from '@mesh/schemas'
import { type DecisionContext, nextEvent } from './audit-events.ts'
import { admissionOf } from './pending.ts'
import type { Seen } from './seen-window.ts'
import type { TaskState } from './task-state.ts'

export function restateEvents (state: TaskState, changelogNextOffset: number, entriesMax: number, context: DecisionContext): AuditEvent[] {
  const { pending, seen } = state.toRestate(changelogNextOffset, entriesMax)
  if (pending.length === 0 && seen.length === 0) return []
  const requests = pending.map(entry => {
    const admission = admissionOf(entry)
    const { sourceInstance, replyPartition } = entry
    return nextEvent(admission, { eventId: `task/${context.task}/${admission.dispatchId}/restated/${changelogNextOffset}`, decision: 'restated', sourceInstance, replyPartition }, context)
  })
  return [...requests, ...seen.map(entry => windowEdge(entry, changelogNextOffset, context))]
}

/** Says no more than what the window needs: id, lane, append time, fingerprint (in payloadHash) and outcome. */
function windowEdge (entry: Seen, changelogNextOffset: number, context: DecisionContext): AuditEvent {
  return {
    eventId: `task/${context.task}/lane${entry.lane}/restated/${changelogNextOffset}`, atMs: context.nowMs, decision: 'restated',
    outcome: entry.outcome, reason: null, dispatchId: entry.id, workflowId: null, parentId: null, inReplyTo: null, hop: 0, attempt: 1,
    type: null, source: null, sourceVersion: null, sourceInstance: null, target: null, targetVersion: null, capability: null,
    priority: entry.lane, payloadHash: entry.fingerprint, payloadHashKeyId: context.payloadHashKeyId, payloadBytes: 0,
    appendedAtMs: entry.appendedAtMs, issuedAtMs: null, deadlineAtMs: null, replyPartition: null, claimedPriority: null, dueAtMs: null, quota: null, expectedWaitMs: null, latencyMs: 0, agentMs: null, usage: null,
    ingress: { topic: '', partition: context.task, offset: -1 }, deliveredTo: null,
    controlOffset: context.controlOffset, task: context.task, decidedBy: context.decidedBy
  }
}
