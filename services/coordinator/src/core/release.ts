// A deferred dispatch whose time has come: may it still go, and where? Only what can have changed while it waited is
// looked at again; its quota was counted when it came.
import type { AuditEvent, Dispatch } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { nextEvent } from './audit-events.ts'
import type { Refusal } from './ingress.ts'
import { refusalNotice, timeoutNotice } from './notices.ts'
import { type Route, selectTarget } from './routing.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, type Rules, type Verdict } from './verdict.ts'

export function decideRelease (deferred: AuditEvent, dispatch: Dispatch, view: TaskView, rules: Rules): Verdict {
  const { nowMs } = rules.context
  // A repeat may have come from another instance meanwhile, which is then the one that waits.
  const event = { ...deferred, ...view.seen(dispatch.dispatchId)?.waits }
  if (deferred.deadlineAtMs !== null && deferred.deadlineAtMs <= nowMs) return timeOut(event, deferred, rules)
  const route = routeAgain(dispatch, rules)
  if ('refusal' in route) return refuseLate(event, deferred, dispatch, route.refusal, rules)
  const { registration: target } = route.agent
  const topic = rules.names.inbox(target.name, deferred.priority!)
  const released = nextEvent(event, {
    eventId: `${deferred.eventId}/released`, decision: 'released', outcome: dispatch.type === 'event' ? 'success' : null,
    target: target.name, targetVersion: target.version, dueAtMs: deferred.dueAtMs, deliveredTo: topic
  }, rules.context)
  const to = {
    topic, partition: partitionFor(dispatch.workflowId, target.inboxPartitions), key: dispatch.workflowId, target: target.name, targetVersion: target.version,
    deadlineAtMs: deferred.deadlineAtMs, dueAtMs: deferred.dueAtMs, priority: deferred.claimedPriority === null ? null : deferred.priority
  }
  const delivery = deliveryTo({ position: deferred.ingress, appendedAtMs: deferred.appendedAtMs }, to, rules)
  return { events: [released], earlier: [deferred], delivery }
}

function routeAgain (dispatch: Dispatch, rules: Rules): Route {
  const source = rules.control.agents.get(dispatch.source)
  if (source === undefined) return { refusal: { code: 'UNKNOWN_SOURCE', message: `no agent '${dispatch.source}' is registered any more` } }
  if (source.registration.status === 'quarantined') return { refusal: { code: 'QUARANTINED', message: `agent '${dispatch.source}' is quarantined` } }
  return selectTarget(dispatch, source, rules.control)
}

function timeOut (event: AuditEvent, deferred: AuditEvent, rules: Rules): Verdict {
  const timedOut = nextEvent(event, {
    eventId: `${deferred.eventId}/released`, decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', dueAtMs: deferred.dueAtMs
  }, rules.context)
  const { sourceInstance, replyPartition } = event
  const notices = replyPartition === null ? [] : [timeoutNotice(event, sourceInstance!, replyPartition, rules.names)]
  return { events: [timedOut], earlier: [deferred], notices }
}

function refuseLate (event: AuditEvent, deferred: AuditEvent, dispatch: Dispatch, refusal: Refusal, rules: Rules): Verdict {
  const refused = nextEvent(event, {
    eventId: `${deferred.eventId}/released`, decision: 'refused', outcome: 'refused', reason: refusal.code, dueAtMs: deferred.dueAtMs
  }, rules.context)
  const { sourceInstance, replyPartition } = event
  const to = { ...dispatch, sourceInstance: sourceInstance!, replyPartition, ingress: deferred.ingress }
  const notice = refusalNotice(to, refusal, rules.control, rules.names)
  return { events: [refused], earlier: [deferred], notices: notice === undefined ? [] : [notice] }
}
