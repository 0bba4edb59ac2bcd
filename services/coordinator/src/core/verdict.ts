// What `decide` answers: the events to record and the records to write, all in one transaction or none.
import type { AuditEvent, Decision, Notice } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import { auditEvent, type DecisionContext } from './audit-events.ts'
import type { ControlState } from './control.ts'
import type { Ingress, ReadableIngress, Refusal } from './ingress.ts'
import { refusalNotice } from './notices.ts'

/** All that a decision may look at besides the record and the task's state. */
export interface Rules {
  readonly control: ControlState
  readonly names: TopicNames
  readonly context: DecisionContext
}

/** The dispatch itself, passed on unchanged with the decision. */
export interface DeliveryOut {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly decision: Decision
}

export interface NoticeOut {
  readonly topic: string
  readonly partition: number
  readonly notice: Notice
}

export interface Verdict {
  readonly events: readonly AuditEvent[]
  readonly delivery?: DeliveryOut
  readonly notice?: NoticeOut
  /** Set when the record itself is to be kept for an operator. */
  readonly deadLetter?: Refusal
}

export interface Destination {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly target: string
  readonly targetVersion: string
  readonly deadlineAtMs: number | null
}

export function deliveryTo (ingress: ReadableIngress, to: Destination, rules: Rules): DeliveryOut {
  const { position, appendedAtMs } = ingress.facts
  const { nowMs, controlOffset } = rules.context
  const { target, targetVersion, deadlineAtMs } = to
  return {
    topic: to.topic, partition: to.partition, key: to.key,
    decision: { ingress: position, appendedAtMs, decidedAtMs: nowMs, deadlineAtMs, attempt: 1, target, targetVersion, controlOffset, priority: null, isExpectedLate: false }
  }
}

export function refuse (ingress: ReadableIngress, refusal: Refusal, rules: Rules): Verdict {
  const event = auditEvent(ingress, { decision: 'refused', outcome: 'refused', reason: refusal.code }, rules.context)
  return withNotice({ events: [event] }, ingress, refusal, rules)
}

export function refuseUnreadable (ingress: Ingress, refusal: Refusal, rules: Rules): Verdict {
  const event = auditEvent(ingress, { decision: 'refused', outcome: 'refused', reason: refusal.code }, rules.context)
  return { events: [event], deadLetter: { code: refusal.code, message: refusal.message } }
}

export function withNotice (verdict: Verdict, ingress: ReadableIngress, refusal: Refusal, rules: Rules): Verdict {
  const notice = refusalNotice(ingress.dispatch, ingress.facts.position, refusal, rules.control, rules.names)
  return notice === undefined ? verdict : { ...verdict, notice }
}
