// What is said about a request while it runs: its handler is alive, or nobody waits for it any more.
import { partitionFor } from '@mesh/topics'
import { auditEvent, nextEvent, positionId } from './audit-events.ts'
import type { ReadableIngress } from './ingress.ts'
import { admissionOf, failedAttempt, followedBy, type Pending } from './pending.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, refuse, type Rules, type Verdict } from './verdict.ts'

const unknown = { code: 'REPLY_UNKNOWN', message: 'no such request waits for an answer' } as const

export function decideProgress (ingress: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const { dispatch } = ingress
  const pending = view.pending(dispatch.inReplyTo!)
  // It may be on its way while the request ends: nothing that anybody needs to be told.
  if (pending === undefined) return tooLate(ingress, rules)
  const { target, workflowId } = admissionOf(pending)
  if (target !== dispatch.source || workflowId !== dispatch.workflowId) {
    return refuse(ingress, { code: 'REPLY_NOT_ASKED', message: `'${dispatch.source}' was not asked; the request went to another agent` }, rules)
  }
  return { events: [auditEvent(ingress, { decision: 'progressed', outcome: 'success' }, rules.context)] }
}

const tooLate = (ingress: ReadableIngress, { context }: Rules): Verdict =>
  ({ events: [auditEvent(ingress, { decision: 'late', outcome: 'refused', reason: 'REPLY_LATE' }, context)] })

/** Ends the request for its caller; the target is told, so that it can stop. */
export function decideCancel (ingress: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const id = dispatch.inReplyTo!
  const pending = view.pending(id)
  if (pending === undefined) return cancelDeferred(ingress, view, rules)
  const admission = admissionOf(pending)
  if (admission.source !== dispatch.source || admission.workflowId !== dispatch.workflowId) return refuse(ingress, unknown, rules)
  const cancelled = nextEvent(admission, {
    eventId: `${positionId(facts)}/outcome`, decision: 'cancelled', outcome: 'cancelled', reason: 'CANCELLED', ingress: facts.position
  }, rules.context)
  const inbox = inboxOf(pending, rules)
  if (inbox === undefined) return { events: [auditEvent(ingress, { decision: 'delivered', outcome: 'success' }, rules.context), cancelled] }
  const to = { ...inbox, key: dispatch.workflowId, target: admission.target!, targetVersion: admission.targetVersion!, deadlineAtMs: pending.deadlineAtMs }
  const { target, targetVersion, topic } = to
  const passedOn = auditEvent(ingress, { decision: 'delivered', outcome: 'success', target, targetVersion, deliveredTo: topic }, rules.context)
  return { events: [passedOn, cancelled], delivery: deliveryTo(facts, to, rules) }
}

/** Where the request went; undefined while it is with nobody. */
function inboxOf (pending: Pending, { control }: Rules): { readonly topic: string, readonly partition: number } | undefined {
  if (failedAttempt(pending) !== undefined || followedBy(pending) !== null) return undefined
  const { target, deliveredTo, workflowId } = admissionOf(pending)
  const registration = control.agents.get(target!)?.registration
  if (registration === undefined || deliveredTo === null) return undefined
  return { topic: deliveredTo, partition: partitionFor(workflowId!, registration.inboxPartitions) }
}

/** One that waits in the mesh is taken off its topic with this: until its time comes the cancel may long be forgotten. */
function cancelDeferred (ingress: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const seen = view.seen(dispatch.inReplyTo!)
  const late = tooLate(ingress, rules)
  if (seen === undefined || seen.outcome !== null) return late
  // Its fingerprint begins with what it is and who sent it.
  if (!seen.fingerprint.startsWith(`request|${dispatch.source}|`)) return refuse(ingress, unknown, rules)
  const taken = auditEvent(ingress, { decision: 'delivered', outcome: 'success' }, rules.context)
  const cancelled = {
    ...taken, eventId: `${positionId(facts)}/outcome`, decision: 'cancelled' as const, outcome: 'cancelled', reason: 'CANCELLED',
    dispatchId: dispatch.inReplyTo, inReplyTo: null, type: 'request'
  }
  const { lane, ingressOffset, priority } = seen
  const { source, workflowId } = dispatch
  return { events: [taken, cancelled], withdrawal: { lane, ingressOffset, priority, source, workflowId, otherwise: late } }
}
