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

/** One that waits in the mesh and is to wait no longer. */
export interface Withdrawal {
  readonly lane: number
  readonly ingressOffset: number
  readonly source: string
  readonly workflowId: string
  readonly priority: number
  /** What holds instead where it isn't found. */
  readonly otherwise: Verdict
}

export interface DeadLetterOut extends Refusal {
  /** What is kept, where it isn't the record itself: a dispatch that was passed on, and how often. */
  readonly passedOn?: { readonly value: Buffer, readonly event: AuditEvent }
}

export interface Verdict {
  readonly events: readonly AuditEvent[]
  /** The story before the first event, where the state doesn't hold it: that of a deferred dispatch. */
  readonly earlier?: readonly AuditEvent[]
  readonly delivery?: DeliveryOut
  readonly deferral?: DeferralOut
  readonly withdrawal?: Withdrawal
  readonly notices?: readonly NoticeOut[]
  /** Set when the record, or the dispatch that it carries, is to be kept for an operator. */
  readonly deadLetter?: DeadLetterOut
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
  readonly attempt?: number
  /** Set where the target stands in for another. */
  readonly capability?: string | null
  /** Set where another request than the one answered waits for it. */
  readonly answers?: string | null
}

export function deliveryTo ({ position, appendedAtMs }: Pick<IngressFacts, 'position' | 'appendedAtMs'>, to: Destination, rules: Rules): DeliveryOut {
  const { nowMs, controlOffset } = rules.context
  const { target, targetVersion, deadlineAtMs, priority = null, isExpectedLate = false, dueAtMs = null, attempt = 1, capability = null, answers = null } = to
  return {
    topic: to.topic, partition: to.partition, key: to.key,
    decision: {
      ingress: position, appendedAtMs, decidedAtMs: nowMs, deadlineAtMs, attempt, target, targetVersion, controlOffset, priority, isExpectedLate,
      dueAtMs, capability, answers
    }
  }
}

export function refuse (ingress: ReadableIngress, refusal: Refusal, rules: Rules, facts: Partial<DecisionFacts> = {}): Verdict {
  const event = auditEvent(ingress, { outcome: 'refused', ...facts, decision: 'refused', reason: refusal.code }, rules.context)
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
