// May this dispatch go, and where? The whole of what a coordinator decides about one record, or about one due time.
//
// Invariants:
//   D1. Pure: time, control state and the task's state arrive as arguments; nothing is changed.
//   D2. Every record gets exactly one admission event, whose id is the record's position.
//   D3. Every request that was let through gets exactly one event with its outcome, from its answer or its due time.
import type { AgentRegistration, Dispatch, ReasonCode } from '@mesh/schemas'
import type { Admission } from './admission.ts'
import { decideAnswer } from './answers.ts'
import { auditEvent, fingerprintOf, nextEvent } from './audit-events.ts'
import type { RegisteredAgent } from './control.ts'
import { checkDeadline, checkEnvelope, deadlineOf } from './envelope-checks.ts'
import type { Ingress, ReadableIngress, Refusal } from './ingress.ts'
import { timeoutNotice } from './notices.ts'
import { admissionOf, type Pending } from './pending.ts'
import { classPressure, outlookFor, type PressureState, yields } from './pressure.ts'
import { judgeClaim } from './priority-claims.ts'
import { selectTarget } from './routing.ts'
import type { TaskView } from './task-state.ts'
import { refuse, refuseUnreadable, type Rules, type Verdict, withNotice } from './verdict.ts'

/** A verdict, or an admission whose quota is to be asked (`conclude` in admission.ts). */
export function decide (ingress: Ingress, view: TaskView, rules: Rules): Verdict | Admission {
  if (ingress.kind === 'unreadable') return refuseUnreadable(ingress, ingress, rules)
  const { dispatch, facts } = ingress
  const malformed = checkEnvelope(dispatch, facts, rules.context.taskCount)
  if (malformed !== undefined) return refuse(ingress, malformed, rules)
  const source = rules.control.agents.get(dispatch.source)
  if (source === undefined) return refuse(ingress, { code: 'UNKNOWN_SOURCE', message: `no agent '${dispatch.source}' is registered` }, rules)
  if (source.registration.status === 'quarantined') return refuse(ingress, { code: 'QUARANTINED', message: `agent '${dispatch.source}' is quarantined` }, rules)
  const known = knownFingerprint(dispatch.dispatchId, view)
  if (known !== undefined) return decideKnown(ingress, known, view, rules)
  if (view.isStale(facts.lane, dispatch.issuedAtMs)) {
    return refuse(ingress, { code: 'STALE', message: `issued ${facts.appendedAtMs - dispatch.issuedAtMs} ms before it was appended, longer than ids are remembered` }, rules)
  }
  if (dispatch.type === 'response' || dispatch.type === 'error') return decideAnswer(ingress, view, rules)
  return decideNew(ingress, source, view, rules)
}

/** A request or an event that was not seen before, from a source in good standing. */
function decideNew (ingress: ReadableIngress, source: RegisteredAgent, view: TaskView, rules: Rules): Verdict | Admission {
  const { dispatch, facts } = ingress
  const { control, context: { nowMs } } = rules
  const tooLate = checkDeadline(dispatch, facts.appendedAtMs, nowMs)
  if (tooLate !== undefined) return refuse(ingress, tooLate, rules)
  if (!source.mayCall.has(dispatch.capability)) {
    return refuse(ingress, { code: 'UNDECLARED_DEPENDENCY', message: `'${dispatch.source}' did not declare '${dispatch.capability}' as a dependency` }, rules)
  }
  const partitionProblem = replyPartitionProblem(dispatch, source)
  if (partitionProblem !== undefined) return refuse(ingress, partitionProblem, rules)
  const claim = judgeClaim(dispatch, classOf(dispatch.parentId, view), source.mayStartUrgent.has(dispatch.capability), rules.claimPolicy)
  if ('refusal' in claim) return refuse(ingress, claim.refusal, rules)
  const route = selectTarget(dispatch, source, control)
  if ('refusal' in route) return refuse(ingress, route.refusal, rules)
  const { registration: target } = route.agent
  const deadlineAtMs = deadlineOf(dispatch, facts.appendedAtMs)
  const remainingMs = deadlineAtMs === null ? Infinity : deadlineAtMs - nowMs
  const outlook = outlookFor(classPressure(control.pressure, target.name, claim.priority, nowMs), claim.priority, remainingMs)
  if (outlook.refusal !== undefined) {
    const { expectedWaitMs } = outlook
    return refuse(ingress, outlook.refusal, rules, { target: target.name, targetVersion: target.version, deadlineAtMs, expectedWaitMs })
  }
  return {
    kind: 'admission', ingress, source: source.registration, target, priority: claim.priority, deadlineAtMs,
    expectedWaitMs: outlook.expectedWaitMs, isExpectedLate: outlook.isExpectedLate, hold: holdOf(target, claim.priority, control.pressure, nowMs)
  }
}

/** Why a target takes none of a class just now. */
export function holdOf (target: Pick<AgentRegistration, 'name' | 'status'>, priority: number, pressure: PressureState, nowMs: number): ReasonCode | undefined {
  if (target.status === 'paused') return 'TARGET_PAUSED'
  return yields(pressure, target.name, priority, nowMs) ? 'TARGET_PRESSED' : undefined
}

/** The class of the dispatch that caused this one, as long as the task remembers it. */
function classOf (parentId: string | null, view: TaskView): number | undefined {
  if (parentId === null) return undefined
  const pending = view.pending(parentId)
  return pending === undefined ? view.seen(parentId)?.priority : admissionOf(pending).priority ?? undefined
}

function replyPartitionProblem (dispatch: Dispatch, source: RegisteredAgent): Refusal | undefined {
  const { replyPartition, type } = dispatch
  if (replyPartition === null) {
    return type === 'request' ? { code: 'REPLY_PARTITION_RANGE', message: 'a request needs a replyPartition' } : undefined
  }
  const { answersPartitions } = source.registration
  if (replyPartition >= 0 && replyPartition < answersPartitions) return undefined
  return { code: 'REPLY_PARTITION_RANGE', message: `replyPartition ${replyPartition} is not one of 0 to ${answersPartitions - 1}` }
}

function knownFingerprint (id: string, view: TaskView): string | undefined {
  const seen = view.seen(id)
  if (seen !== undefined) return seen.fingerprint
  const pending = view.pending(id)
  return pending === undefined ? undefined : fingerprintOf(admissionOf(pending))
}

/** The same id again. A repeat moves a waiting request's answer to whoever sent it last; anything else is refused. */
function decideKnown (ingress: ReadableIngress, fingerprint: string, view: TaskView, rules: Rules): Verdict {
  const { dispatch } = ingress
  const probe = auditEvent(ingress, { decision: 'repeated', reason: 'DUPLICATE' }, rules.context)
  if (fingerprintOf(probe) !== fingerprint) {
    return refuse(ingress, { code: 'DUPLICATE_CONFLICT', message: 'the id was used before for another content' }, rules)
  }
  const source = rules.control.agents.get(dispatch.source)!
  const partitionProblem = replyPartitionProblem(dispatch, source)
  if (partitionProblem !== undefined) return refuse(ingress, partitionProblem, rules)
  if (dispatch.type !== 'request' || view.pending(dispatch.dispatchId) !== undefined) return { events: [probe] }
  const seen = view.seen(dispatch.dispatchId)
  // It waits in the mesh: whoever repeated it last is told.
  if (seen?.outcome === null) return { events: [probe] }
  const outcome = seen?.outcome ?? 'unknown'
  const message = `the request was sent before and ended in ${outcome}; its answer went to the instance that waited then`
  return withNotice({ events: [probe] }, ingress, { code: 'DUPLICATE', message }, rules)
}

/** A request whose deadline has come. */
export function decideDue (id: string, pending: Pending, rules: Rules): Verdict {
  const admission = admissionOf(pending)
  const event = nextEvent(admission, {
    eventId: `task/${rules.context.task}/${id}/timeout/${pending.deadlineAtMs}`, decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT'
  }, rules.context)
  return { events: [event], notices: [timeoutNotice(admission, pending.sourceInstance, pending.replyPartition, rules.names)] }
}
