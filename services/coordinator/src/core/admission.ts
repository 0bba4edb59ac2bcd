// A request or event that passed every rule that needs no counting, and what becomes of it once its quota has answered.
//
// Invariants:
//   A1. Its source's order in a workflow and class is kept: behind one that waits, the next waits too.
//   A2. What waits can still make its deadline; what can't is refused at once.
//   A3. Quota wait alone never ends a dispatch that has no deadline.
import type { QuotaLimits, SlotAnswer } from '@mesh/quota-store/limits'
import type { AgentRegistration, CircuitUse, ReasonCode } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { auditEvent, type DecisionFacts } from './audit-events.ts'
import { deferralKey } from './deferred-table.ts'
import type { ReadableIngress } from './ingress.ts'
import { slowDownNotices } from './notices.ts'
import { quotaUse } from './quota.ts'
import { deliveryTo, refuse, type Rules, type Verdict } from './verdict.ts'

export interface Admission {
  readonly kind: 'admission'
  readonly ingress: ReadableIngress
  readonly source: AgentRegistration
  readonly target: AgentRegistration
  /** The class it has, which may be less urgent than the one it claims. */
  readonly priority: number
  readonly deadlineAtMs: number | null
  readonly expectedWaitMs: number | null
  readonly isExpectedLate: boolean
  /** What was looked at; null where the circuit of the target is closed. */
  readonly circuit: CircuitUse | null
  /** Agent that is cut off, where the target stands in for it. */
  readonly fallbackFor: string | null
  /** What is to be handled, where the target stands in. */
  readonly capability: string | null
  readonly idleTimeoutMs: number | null
  /** Why its target takes none of its class just now. */
  readonly hold: ReasonCode | undefined
}

export const isAdmission = (step: Verdict | Admission): step is Admission => 'kind' in step

export interface Granted {
  readonly slot: SlotAnswer
  readonly limits: QuotaLimits
  /** Due time of the last one that waits before it in its order; undefined when none does. */
  readonly behindDueMs: number | undefined
}

export function conclude (admission: Admission, granted: Granted, rules: Rules): Verdict {
  const { ingress, deadlineAtMs } = admission
  const { slot } = granted
  const { nowMs } = rules.context
  const facts = factsOf(admission, granted)
  if (slot.outcome === 'refused') return slot.reason === 'deadline' ? refuseTooLate(admission, slot.retryAfterMs, facts, rules) : refuseOverQuota(admission, slot, facts, rules)
  const dueAtMs = Math.max(nowMs + Math.ceil(slot.delayMs), granted.behindDueMs ?? 0)
  const reason = reasonToWait(admission, granted)
  if (reason === undefined) return signalled(deliver(admission, facts, rules), admission, granted, rules)
  if (deadlineAtMs !== null && dueAtMs >= deadlineAtMs) return signalled(refuseTooLate(admission, dueAtMs - nowMs, facts, rules), admission, granted, rules)
  const event = auditEvent(ingress, { ...facts, decision: 'deferred', reason, dueAtMs }, rules.context)
  const { lane, position } = ingress.facts
  return signalled({ events: [event], deferral: { key: deferralKey(lane, position.offset), dueAtMs } }, admission, granted, rules)
}

function reasonToWait ({ hold }: Admission, { slot, behindDueMs }: Granted): ReasonCode | undefined {
  if (slot.outcome === 'granted' && slot.delayMs > 0) return 'OVER_QUOTA'
  return hold ?? (behindDueMs === undefined ? undefined : 'BEHIND_DEFERRED')
}

function factsOf ({ target, priority, deadlineAtMs, expectedWaitMs, circuit, fallbackFor, idleTimeoutMs }: Admission, { slot, limits }: Granted): Omit<DecisionFacts, 'decision'> {
  const { name, version } = target
  return { target: name, targetVersion: version, priority, deadlineAtMs, expectedWaitMs, circuit, fallbackFor, idleTimeoutMs, quota: quotaUse(limits, slot) }
}

function refuseTooLate ({ ingress, deadlineAtMs }: Admission, waitMs: number, facts: Omit<DecisionFacts, 'decision'>, rules: Rules): Verdict {
  const retryAfterMs = Math.ceil(waitMs)
  const message = `it would have to wait ${retryAfterMs} ms for its turn, and its deadline is in ${deadlineAtMs! - rules.context.nowMs} ms`
  return refuse(ingress, { code: 'DEADLINE_UNREACHABLE', message, retryAfterMs }, rules, { ...facts, deadlineAtMs })
}

function refuseOverQuota ({ ingress, source }: Admission, slot: Extract<SlotAnswer, { outcome: 'refused' }>, facts: Omit<DecisionFacts, 'decision'>, rules: Rules): Verdict {
  const retryAfterMs = Math.ceil(slot.retryAfterMs)
  const message = `'${source.name}' is over its quota and ${slot.backlogRecords} of its dispatches wait already; send again in ${retryAfterMs} ms`
  return refuse(ingress, { code: 'QUOTA_BACKLOG_FULL', message, retryAfterMs }, rules, facts)
}

function deliver (admission: Admission, facts: Omit<DecisionFacts, 'decision'>, rules: Rules): Verdict {
  const { ingress, target, priority, deadlineAtMs, isExpectedLate, capability } = admission
  const { dispatch } = ingress
  const topic = rules.names.inbox(target.name, priority)
  const wasLowered = priority !== dispatch.priority
  const event = auditEvent(ingress, {
    ...facts, decision: 'delivered', outcome: dispatch.type === 'event' ? 'success' : null, deliveredTo: topic,
    reason: reasonToSay(admission)
  }, rules.context)
  const to = {
    topic, partition: partitionFor(dispatch.workflowId, target.inboxPartitions), key: dispatch.workflowId,
    target: target.name, targetVersion: target.version, deadlineAtMs, priority: wasLowered ? priority : null, isExpectedLate, capability
  }
  return { events: [event], delivery: deliveryTo(ingress.facts, to, rules) }
}

/** What is unusual about a delivery, the weightiest first. */
function reasonToSay ({ ingress, priority, isExpectedLate, fallbackFor }: Admission): ReasonCode | null {
  if (fallbackFor !== null) return 'CIRCUIT_FALLBACK'
  if (ingress.isRedriven) return 'REDRIVEN'
  if (priority !== ingress.dispatch.priority) return 'PRIORITY_LOWERED'
  return isExpectedLate ? 'EXPECTED_LATE' : null
}

/** The first dispatch over the quota makes the mesh tell its source, whatever becomes of the dispatch itself. */
function signalled (verdict: Verdict, { source }: Admission, { slot, limits }: Granted, rules: Rules): Verdict {
  if (slot.outcome === 'refused' || slot.episode === null) return verdict
  const slowDown = { ratePerS: limits.ratePerS, burst: limits.burst, backlogRecords: slot.backlogRecords, clearsInMs: Math.ceil(slot.clearsInMs) }
  return { ...verdict, notices: [...verdict.notices ?? [], ...slowDownNotices(verdict.events[0]!, source, slowDown, rules.names)] }
}
