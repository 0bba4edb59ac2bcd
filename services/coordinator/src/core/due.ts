// What is due about a request that waits: its deadline, the silence of its handler, its next attempt, or the outcome that it
// shares with another.
import type { Position } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { nextEvent } from './audit-events.ts'
import { circuitNotices } from './circuit-broken.ts'
import { passage } from './circuits.ts'
import { afterFailure } from './failing.ts'
import type { Ingress, ReadableIngress, Refusal } from './ingress.ts'
import { refusalNotice, timeoutNotice } from './notices.ts'
import { addressee, admissionOf, failedAttempt, followedBy, type Pending } from './pending.ts'
import { selectTarget } from './routing.ts'
import { fallsDueShared, shareAnswer } from './shared-outcomes.ts'
import type { TaskView } from './task-state.ts'
import { deliveryTo, type Rules, type Verdict } from './verdict.ts'

/** A record that must be read again before it can be decided: the dispatch of the next attempt, or the answer that is shared. */
export interface Reread {
  readonly kind: 'reread'
  readonly position: Position
}

export const isReread = (step: Verdict | Reread): step is Reread => 'kind' in step

export function decideDue (id: string, pending: Pending, view: TaskView, rules: Rules): Verdict | Reread {
  const { nowMs, task } = rules.context
  const eventId = `task/${task}/${id}/timeout/${pending.dueAtMs}`
  if (pending.deadlineAtMs <= nowMs) return timeOut(pending, 'TIMEOUT', `task/${task}/${id}/timeout/${pending.deadlineAtMs}`, rules)
  if (followedBy(pending) !== null) return fallsDueShared(id, pending, view, rules)
  if (failedAttempt(pending) !== undefined) return { kind: 'reread', position: pending.events[0]!.ingress }
  const after = afterFailure(pending, { code: 'IDLE_TIMEOUT', retriable: true }, { eventId, reason: 'IDLE_TIMEOUT' }, view, rules)
  return 'retried' in after ? { events: [after.retried] } : timeOut(pending, 'IDLE_TIMEOUT', eventId, rules)
}

/** The same, with what was read again; `gone` where the topic no longer has it. */
export function decideReread (id: string, pending: Pending, found: Ingress | 'gone', view: TaskView, rules: Rules): Verdict {
  if (pending.deadlineAtMs <= rules.context.nowMs) return timeOut(pending, 'TIMEOUT', `task/${rules.context.task}/${id}/timeout/${pending.deadlineAtMs}`, rules)
  if (found === 'gone' || found.kind === 'unreadable') return endWith(pending, { code: 'STALE', message: 'the record that is needed for it is no longer on its topic' }, rules)
  return followedBy(pending) !== null ? shareAnswer(id, pending, found, view, rules) : redeliver(pending, found, view, rules)
}

function redeliver (pending: Pending, { dispatch }: ReadableIngress, view: TaskView, rules: Rules): Verdict {
  const { control, names, context } = rules
  const source = control.agents.get(dispatch.source)
  if (source === undefined) return endWith(pending, { code: 'UNKNOWN_SOURCE', message: `no agent '${dispatch.source}' is registered any more` }, rules)
  const route = selectTarget(dispatch, source, control)
  if ('refusal' in route) return endWith(pending, route.refusal, rules)
  const { registration: target } = route.agent
  const admission = admissionOf(pending)
  const attempt = admission.attempt + 1
  const { passes, use } = passage(control.circuits, target, `${dispatch.dispatchId}/${attempt}`, view, context)
  if (!passes) {
    const refused = nextEvent(admission, {
      eventId: `${pending.events[0]!.eventId}/attempt/${attempt}`, decision: 'completed', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit: use
    }, context)
    return { events: [refused], notices: circuitNotices(addressee(pending), target, dispatch.capability, rules) }
  }
  const topic = names.inbox(target.name, admission.priority!)
  const redelivered = nextEvent(admission, {
    eventId: `${pending.events[0]!.eventId}/attempt/${attempt}`, decision: 'redelivered', attempt, target: target.name, targetVersion: target.version, deliveredTo: topic, circuit: use
  }, context)
  const to = {
    topic, partition: partitionFor(dispatch.workflowId, target.inboxPartitions), key: dispatch.workflowId, target: target.name, targetVersion: target.version,
    deadlineAtMs: pending.deadlineAtMs, priority: admission.claimedPriority === null ? null : admission.priority, attempt
  }
  return { events: [redelivered], delivery: deliveryTo({ position: pending.events[0]!.ingress, appendedAtMs: admission.appendedAtMs }, to, rules) }
}

function timeOut (pending: Pending, reason: 'TIMEOUT' | 'IDLE_TIMEOUT', eventId: string, rules: Rules): Verdict {
  const admission = admissionOf(pending)
  const event = nextEvent(admission, { eventId, decision: 'timed_out', outcome: 'timeout', reason }, rules.context)
  return { events: [event], notices: [timeoutNotice(admission, pending.sourceInstance, pending.replyPartition, reason, rules.names)] }
}

/** It can't go on: told like a refusal, recorded as its outcome. */
function endWith (pending: Pending, refusal: Refusal, rules: Rules): Verdict {
  const admission = admissionOf(pending)
  const event = nextEvent(admission, { eventId: `${pending.events[0]!.eventId}/ended`, decision: 'completed', outcome: 'failure', reason: refusal.code }, rules.context)
  const notice = refusalNotice(addressee(pending), refusal, rules.control, rules.names)
  return { events: [event], notices: notice === undefined ? [] : [notice] }
}
