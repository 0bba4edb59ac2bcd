// A repeat under the same idempotency key: it is not passed on, and gets the outcome of the first one.
//
// Invariants:
//   I1. Within one task. Without a workflow of its own the SDK derives one from the key, so that repeats meet.
//   I2. Each has one outcome of its own in the audit, which names the first.
import type { ReasonCode } from '@mesh/schemas'
import { reasonCodes } from '@mesh/schemas'
import { auditEvent, fingerprintOf, nextEvent } from './audit-events.ts'
import type { Reread } from './due.ts'
import { deadlineOf } from './envelope-checks.ts'
import type { ReadableIngress } from './ingress.ts'
import type { Keyed } from './keyed-outcomes.ts'
import { refusalNotice, timeoutNotice } from './notices.ts'
import { addressee, followedBy, type Pending } from './pending.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, refuse, type Rules, type Verdict } from './verdict.ts'

/** The first dispatch under the key of this one, as long as its id is remembered. */
export function firstUnderKey ({ idempotencyKey, dispatch }: ReadableIngress, view: TaskView): Keyed | undefined {
  if (idempotencyKey === null || (dispatch.type !== 'request' && dispatch.type !== 'event')) return undefined
  const keyed = view.keyed(idempotencyKey)
  if (keyed === undefined || keyed.firstId === dispatch.dispatchId) return undefined
  return view.seen(keyed.firstId) !== undefined || view.pending(keyed.firstId) !== undefined ? keyed : undefined
}

export function decideRepeat (ingress: ReadableIngress, first: Keyed, rules: Rules): Verdict {
  const { dispatch, facts } = ingress
  const event = auditEvent(ingress, {
    decision: 'repeated', reason: 'IDEMPOTENT_REPEAT', follows: first.firstId, deadlineAtMs: deadlineOf(dispatch, facts.appendedAtMs),
    outcome: dispatch.type === 'event' ? first.outcome ?? 'success' : null
  }, rules.context)
  if (fingerprintOf(event) === first.fingerprint) return { events: [event] }
  return refuse(ingress, { code: 'IDEMPOTENCY_CONFLICT', message: `the idempotency key was used before, by ${first.firstId}, with another content` }, rules)
}

/** The first one has its outcome: its answer is to be read again, or what ended it told again. */
export function fallsDueShared (id: string, pending: Pending, view: TaskView, rules: Rules): Verdict | Reread {
  const event = pending.events[0]!
  const first = view.keyed(event.idempotencyKey!)
  if (first?.answerAt !== undefined && first.answerAt !== null && first.firstId === followedBy(pending)) return { kind: 'reread', position: first.answerAt }
  const eventId = `task/${rules.context.task}/${id}/shared`
  if (first?.outcome === 'timeout') {
    const timedOut = nextEvent(event, { eventId, decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT' }, rules.context)
    return { events: [timedOut], notices: [timeoutNotice(event, pending.sourceInstance, pending.replyPartition, 'TIMEOUT', rules.names)] }
  }
  const code = isReason(first?.reason) ? first.reason : 'IDEMPOTENT_REPEAT'
  const ended = nextEvent(event, { eventId, decision: 'completed', outcome: first?.outcome ?? 'failure', reason: code }, rules.context)
  const notice = refusalNotice(addressee(pending), { code, message: `the first dispatch under this idempotency key, ${followedBy(pending)}, ended so` }, rules.control, rules.names)
  return { events: [ended], notices: notice === undefined ? [] : [notice] }
}

export function shareAnswer (id: string, pending: Pending, { dispatch, facts }: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const event = pending.events[0]!
  const first = view.keyed(event.idempotencyKey!)
  const completed = nextEvent(event, {
    eventId: `task/${rules.context.task}/${id}/shared`, decision: 'completed', outcome: dispatch.type === 'response' ? 'success' : 'failure',
    reason: dispatch.type === 'response' || !isReason(first?.reason) ? null : first.reason, ingress: facts.position,
    target: dispatch.source, targetVersion: dispatch.sourceVersion
  }, rules.context)
  const to = {
    topic: rules.names.answers(event.source!), partition: pending.replyPartition, key: id, target: event.source!, targetVersion: event.sourceVersion!,
    deadlineAtMs: null, answers: id
  }
  return { events: [completed], delivery: deliveryTo(facts, to, rules) }
}

const isReason = (reason: string | null | undefined): reason is ReasonCode => typeof reason === 'string' && Object.hasOwn(reasonCodes, reason)
