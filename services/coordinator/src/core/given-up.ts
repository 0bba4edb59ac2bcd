// A target gives a dispatch back: it ended the target's process again and again, or was an event whose handling failed for
// good. It is kept whole for an operator, and who waits is told.
import type { AuditEvent } from '@mesh/schemas'
import { auditEvent, nextEvent, positionId } from './audit-events.ts'
import type { ReadableIngress } from './ingress.ts'
import { admissionOf, type Pending } from './pending.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, refuse, type Rules, type Verdict } from './verdict.ts'

/** What the payload of such an error is: the dispatch as it came. */
export const givenBackContentType = 'application/vnd.mesh.signed-dispatch'

export const isGivenBack = ({ dispatch: { type, contentType } }: ReadableIngress): boolean => type === 'error' && contentType === givenBackContentType

export function decideGivenBack (ingress: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const { dispatch } = ingress
  const pending = view.pending(dispatch.inReplyTo!)
  if (pending !== undefined) return giveUpRequest(ingress, pending, rules)
  const seen = view.seen(dispatch.inReplyTo!)
  if (seen === undefined || seen.outcome === 'dead_lettered') {
    return refuse(ingress, { code: 'REPLY_UNKNOWN', message: 'no such dispatch is known, or it was given back before' }, rules)
  }
  return setAside(ingress, [], rules)
}

function giveUpRequest (ingress: ReadableIngress, pending: Pending, rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const admission = admissionOf(pending)
  if (admission.target !== dispatch.source) return refuse(ingress, { code: 'REPLY_NOT_ASKED', message: `'${dispatch.source}' was not asked; the request went to another agent` }, rules)
  const to = {
    topic: rules.names.answers(admission.source!), partition: pending.replyPartition, key: dispatch.inReplyTo!, target: admission.source!,
    targetVersion: admission.sourceVersion!, deadlineAtMs: null
  }
  const completed = nextEvent(admission, {
    eventId: `${positionId(facts)}/outcome`, decision: 'completed', outcome: 'failure', reason: 'SET_ASIDE', ingress: facts.position,
    sourceInstance: pending.sourceInstance, replyPartition: pending.replyPartition, agentMs: Math.max(0, facts.appendedAtMs - admission.atMs)
  }, rules.context)
  return { ...setAside(ingress, [completed], rules), delivery: deliveryTo(facts, to, rules) }
}

function setAside (ingress: ReadableIngress, outcome: readonly AuditEvent[], rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const { names, context } = rules
  const taken = auditEvent(ingress, { decision: 'delivered', outcome: 'success', deliveredTo: names.deadLetter }, context)
  const about = {
    ...taken, eventId: `${positionId(facts)}/dead-letter`, decision: 'dead_lettered' as const, outcome: 'dead_lettered', reason: 'SET_ASIDE',
    dispatchId: dispatch.inReplyTo, inReplyTo: null, type: null, source: null, target: dispatch.source, targetVersion: dispatch.sourceVersion
  }
  const code = dispatch.error?.code === 'SET_ASIDE' ? 'SET_ASIDE' : 'HANDLER_FAILED'
  const message = `'${dispatch.source}' gave it back: ${dispatch.error?.message ?? 'it says no reason'}`
  return { events: [taken, ...outcome.length > 0 ? outcome : [about]], deadLetter: { code, message, passedOn: { value: dispatch.payload, event: about } } }
}
