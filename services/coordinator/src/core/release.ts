// A deferred dispatch whose time has come: may it still go, and where? Only what can have changed while it waited is
// looked at again; its quota was counted when it came.
import type { AgentRegistration, AuditEvent, CircuitUse, Dispatch } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { nextEvent } from './audit-events.ts'
import { circuitNotices, standInFor } from './circuit-broken.ts'
import { passage } from './circuits.ts'
import type { RegisteredAgent } from './control.ts'
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
  const way = wayTo(route.agent, dispatch, view, rules)
  if (way === undefined) return breakLate(event, deferred, route.agent.registration, dispatch, rules)
  return deliver(event, deferred, dispatch, way, rules)
}

interface Way {
  readonly target: AgentRegistration
  readonly circuit: CircuitUse | null
  readonly fallbackFor: string | null
  readonly capability: string | null
}

/** Its circuit may have opened or closed while it waited. */
function wayTo ({ registration: target }: RegisteredAgent, dispatch: Dispatch, view: TaskView, rules: Rules): Way | undefined {
  const { passes, use } = passage(rules.control.circuits, target, dispatch.dispatchId, view, rules.context)
  if (passes) return { target, circuit: use, fallbackFor: null, capability: null }
  const standIn = standInFor(dispatch, rules.control.agents.get(dispatch.source)!, target, view, rules)
  if (standIn === undefined) return undefined
  const { agent, circuit, capability } = standIn
  return { target: agent.registration, circuit, fallbackFor: target.name, capability }
}

function deliver (event: AuditEvent, deferred: AuditEvent, dispatch: Dispatch, { target, circuit, fallbackFor, capability }: Way, rules: Rules): Verdict {
  const topic = rules.names.inbox(target.name, deferred.priority!)
  const released = nextEvent(event, {
    eventId: `${deferred.eventId}/released`, decision: 'released', outcome: dispatch.type === 'event' ? 'success' : null, circuit, fallbackFor,
    target: target.name, targetVersion: target.version, dueAtMs: deferred.dueAtMs, deliveredTo: topic
  }, rules.context)
  const to = {
    topic, partition: partitionFor(dispatch.workflowId, target.inboxPartitions), key: dispatch.workflowId, target: target.name, targetVersion: target.version,
    deadlineAtMs: deferred.deadlineAtMs, dueAtMs: deferred.dueAtMs, priority: deferred.claimedPriority === null ? null : deferred.priority, capability
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
  const notices = replyPartition === null ? [] : [timeoutNotice(event, sourceInstance!, replyPartition, 'TIMEOUT', rules.names)]
  return { events: [timedOut], earlier: [deferred], notices }
}

function breakLate (event: AuditEvent, deferred: AuditEvent, target: AgentRegistration, dispatch: Dispatch, rules: Rules): Verdict {
  const refused = nextEvent(event, {
    eventId: `${deferred.eventId}/released`, decision: 'refused', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', dueAtMs: deferred.dueAtMs
  }, rules.context)
  const { sourceInstance, replyPartition } = event
  const to = { ...dispatch, sourceInstance: sourceInstance!, replyPartition, ingress: deferred.ingress }
  return { events: [refused], earlier: [deferred], notices: circuitNotices(to, target, dispatch.capability, rules) }
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
