// What `decide` answers: the events to record and the records to write, all in one transaction or none.
import type { AuditEvent, Decision, Notice } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import { auditEvent, type DecisionContext, type DecisionFacts } from './audit-events.ts'
import type { ControlState } from './control.ts'
import type { Ingress, IngressFacts, ReadableIngress, Refusal } from './ingress.ts'
import { refusalNotice } from './notices.ts'
import type { ClaimPolicy } from './priority-claims.ts'

/** All that a decision may look at besides the record and the task's state. */
export interface Rules {
  readonly control: ControlState
  readonly names: TopicNames
  readonly context: DecisionContext
  readonly claimPolicy: ClaimPolicy
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

/** The dispatch waits in the mesh; its first event says why and until when. */
export interface DeferralOut {
  readonly key: string
  readonly dueAtMs: number
}

export interface Verdict {
  readonly events: readonly AuditEvent[]
  /** The story before the first event, where the state doesn't hold it: that of a deferred dispatch. */
  readonly earlier?: readonly AuditEvent[]
  readonly delivery?: DeliveryOut
  readonly deferral?: DeferralOut
  readonly notices?: readonly NoticeOut[]
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
  /** Set where the class was lowered. */
  readonly priority?: number | null
  readonly isExpectedLate?: boolean
  /** Set where it waited in the mesh. */
  readonly dueAtMs?: number | null
}

export function deliveryTo ({ position, appendedAtMs }: Pick<IngressFacts, 'position' | 'appendedAtMs'>, to: Destination, rules: Rules): DeliveryOut {
  const { nowMs, controlOffset } = rules.context
  const { target, targetVersion, deadlineAtMs, priority = null, isExpectedLate = false, dueAtMs = null } = to
  return {
    topic: to.topic, partition: to.partition, key: to.key,
    decision: {
      ingress: position, appendedAtMs, decidedAtMs: nowMs, deadlineAtMs, attempt: 1, target, targetVersion, controlOffset, priority, isExpectedLate, dueAtMs
    }
  }
}

export function refuse (ingress: ReadableIngress, refusal: Refusal, rules: Rules, facts: Partial<DecisionFacts> = {}): Verdict {
  const event = auditEvent(ingress, { ...facts, decision: 'refused', outcome: 'refused', reason: refusal.code }, rules.context)
  return withNotice({ events: [event] }, ingress, refusal, rules)
}

export function refuseUnreadable (ingress: Ingress, refusal: Refusal, rules: Rules): Verdict {
  const event = auditEvent(ingress, { decision: 'refused', outcome: 'refused', reason: refusal.code }, rules.context)
  return { events: [event], deadLetter: { code: refusal.code, message: refusal.message } }
}

export function withNotice (verdict: Verdict, ingress: ReadableIngress, refusal: Refusal, rules: Rules): Verdict {
  const { dispatch, facts: { position } } = ingress
  const notice = refusalNotice({ ...dispatch, ingress: position }, refusal, rules.control, rules.names)
  return notice === undefined ? verdict : { ...verdict, notices: [notice] }
}
