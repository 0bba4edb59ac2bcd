// May this answer go to who waits? Only the agent that was asked may answer, once, and in time. One that says that it failed
// may be followed by another attempt, and then goes to nobody.
import { type AuditEvent, type ReasonCode, reasonCodes } from '@mesh/schemas'
import { auditEvent, nextEvent, positionId } from './audit-events.ts'
import { afterFailure } from './failing.ts'
import { decideGivenBack, isGivenBack } from './given-up.ts'
import type { ReadableIngress } from './ingress.ts'
import { admissionOf, type Pending } from './pending.ts'
import { judgeClaim } from './priority-claims.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, refuse, type Rules, type Verdict } from './verdict.ts'

export function decideAnswer (ingress: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  if (isGivenBack(ingress)) return decideGivenBack(ingress, view, rules)
  const { dispatch, facts } = ingress
  const requestId = dispatch.inReplyTo!
  const pending = view.pending(requestId)
  if (pending === undefined) return decideUnawaited(ingress, view.seen(requestId)?.outcome, rules)
  const admission = admissionOf(pending)
  if (admission.target !== dispatch.source) {
    return refuse(ingress, { code: 'REPLY_NOT_ASKED', message: `'${dispatch.source}' was not asked; the request went to another agent` }, rules)
  }
  if (admission.workflowId !== dispatch.workflowId) {
    return refuse(ingress, { code: 'REPLY_UNKNOWN', message: 'the request belongs to another workflow' }, rules)
  }
  const claim = judgeClaim(dispatch, admission.priority ?? 0, true, rules.claimPolicy)
  if ('refusal' in claim) return refuse(ingress, claim.refusal, rules)
  if (facts.appendedAtMs > pending.deadlineAtMs) {
    // Its time-out is due and will be recorded as the request's outcome.
    return late(ingress, rules)
  }
  const failure = dispatch.type === 'error' ? failureOf(ingress, pending, view, rules) : undefined
  if (failure?.retried !== undefined) {
    return { events: [auditEvent(ingress, { decision: 'refused', outcome: 'refused', reason: 'ATTEMPT_FAILED', target: admission.source }, rules.context), failure.retried] }
  }
  return complete(ingress, pending, claim.priority, failure?.reason ?? null, rules)
}

/** What follows from a failed attempt: the next one, or the reason of the outcome. */
function failureOf (ingress: ReadableIngress, pending: Pending, view: TaskView, rules: Rules): { readonly retried?: AuditEvent, readonly reason: ReasonCode } {
  const { dispatch: { error, handlerMs }, facts } = ingress
  const reason = failureReason(error?.code)
  const after = afterFailure(pending, { code: error?.code ?? reason, retriable: error?.retriable ?? false }, { eventId: `${positionId(facts)}/outcome`, handlerMs }, view, rules)
  if ('retried' in after) return { retried: after.retried, reason }
  return { reason: after.stop === 'budget' ? 'RETRY_BUDGET_SPENT' : reason }
}

function complete (ingress: ReadableIngress, pending: Pending, priority: number, reason: ReasonCode | null, rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const admission = admissionOf(pending)
  const topic = rules.names.answers(admission.source!)
  const answered = auditEvent(ingress, {
    decision: 'delivered', outcome: 'success', target: admission.source, targetVersion: admission.sourceVersion, priority, deliveredTo: topic
  }, rules.context)
  const completed = nextEvent(admission, {
    eventId: `${positionId(facts)}/outcome`, decision: 'completed', outcome: dispatch.type === 'response' ? 'success' : 'failure',
    sourceInstance: pending.sourceInstance, replyPartition: pending.replyPartition, ingress: facts.position,
    reason, agentMs: Math.max(0, facts.appendedAtMs - admission.atMs), handlerMs: dispatch.handlerMs, usage: dispatch.usage
  }, rules.context)
  const to = {
    topic, partition: pending.replyPartition, key: dispatch.inReplyTo!, target: admission.source!, targetVersion: admission.sourceVersion!, deadlineAtMs: null
  }
  return { events: [answered, completed], delivery: deliveryTo(facts, to, rules) }
}

/** The mesh's own codes are kept; an agent's own code could be anything, and stays in the answer. */
function failureReason (code: string | undefined): ReasonCode {
  return code !== undefined && Object.hasOwn(reasonCodes, code) ? code as ReasonCode : 'HANDLER_FAILED'
}

function decideUnawaited (ingress: ReadableIngress, outcome: string | null | undefined, rules: Rules): Verdict {
  if (outcome === 'timeout' || outcome === 'cancelled') return late(ingress, rules)
  if (outcome === 'success' || outcome === 'failure' || outcome === 'circuit_broken') {
    return refuse(ingress, { code: 'REPLY_SECOND', message: 'the request has had its answer' }, rules)
  }
  return refuse(ingress, { code: 'REPLY_UNKNOWN', message: 'no such request waits for an answer' }, rules)
}

function late (ingress: ReadableIngress, rules: Rules): Verdict {
  return { events: [auditEvent(ingress, { decision: 'late', outcome: 'refused', reason: 'REPLY_LATE' }, rules.context)] }
}
