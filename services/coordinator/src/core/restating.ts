// What lies too far back in the changelog is written again, so that a restore stays short in records: requests that
// wait long, the oldest remembered id of a lane that has gone quiet, and long episodes over a quota.
import type { AuditEvent } from '@mesh/schemas'
import { blankEvent, type DecisionContext, nextEvent } from './audit-events.ts'
import { restateEpisode } from './clearing.ts'
import { admissionOf } from './pending.ts'
import type { Seen } from './seen-window.ts'
import type { TaskState } from './task-state.ts'

export function restateEvents (state: TaskState, changelogNextOffset: number, entriesMax: number, context: DecisionContext): AuditEvent[] {
  const { pending, seen, episodes } = state.toRestate(changelogNextOffset, entriesMax)
  if (pending.length === 0 && seen.length === 0 && episodes.length === 0) return []
  const requests = pending.map(entry => {
    const admission = admissionOf(entry)
    const { sourceInstance, replyPartition } = entry
    return nextEvent(admission, { eventId: `task/${context.task}/${admission.dispatchId}/restated/${changelogNextOffset}`, decision: 'restated', sourceInstance, replyPartition }, context)
  })
  return [
    ...requests,
    ...seen.map(entry => windowEdge(entry, changelogNextOffset, context)),
    ...episodes.map(episode => restateEpisode(episode, changelogNextOffset, { context }))
  ]
}

/** Says no more than what the window needs: id, lane, append time, fingerprint (in payloadHash) and outcome. */
function windowEdge (entry: Seen, changelogNextOffset: number, context: DecisionContext): AuditEvent {
  return {
    ...blankEvent(context), eventId: `task/${context.task}/lane${entry.lane}/restated/${changelogNextOffset}`, decision: 'restated',
    outcome: entry.outcome, dispatchId: entry.id, priority: entry.lane, payloadHash: entry.fingerprint, payloadHashKeyId: context.payloadHashKeyId,
    appendedAtMs: entry.appendedAtMs
  }
}
