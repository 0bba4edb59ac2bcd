// An attempt has failed: another one, later, or the end.
import type { AuditEvent } from '@mesh/schemas'
import { nextEvent } from './audit-events.ts'
import { admissionOf, type Pending } from './pending.ts'
import { type Failure, nextAttempt } from './retry.ts'
import type { TaskView } from './task-state.ts'
import type { Rules } from './verdict.ts'

export type AfterFailure = { readonly retried: AuditEvent } | { readonly stop: 'final' | 'budget' }

/** `change` is what the event says besides: its id, and what is known of the attempt. */
export function afterFailure (
  pending: Pending, failure: Failure, change: Pick<AuditEvent, 'eventId'> & Partial<AuditEvent>, view: TaskView, rules: Rules
): AfterFailure {
  const admission = admissionOf(pending)
  // What stood in for another has no policy of the one that it stood in for.
  const policy = admission.fallbackFor !== null ? null : rules.control.agents.get(admission.target!)?.offers.get(admission.capability!)?.retry
  const next = nextAttempt(admission, pending.deadlineAtMs, policy, failure, view, rules.context.nowMs)
  if ('stop' in next) return next
  return { retried: nextEvent(admission, { reason: 'ATTEMPT_FAILED', ...change, decision: 'retried', dueAtMs: next.dueAtMs }, rules.context) }
}
