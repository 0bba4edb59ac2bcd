// Builds audit events. What is decided is in the caller; here is how it is written down.
//
// Invariants:
//   A1. An event's id derives from the record (or the due time) that caused it, so writing it twice is writing it once.
//   A2. No payload, and nothing derived from it but its keyed hash and size.
import type { AuditDecision, AuditEvent, CircuitUse, QuotaUse, ReasonCode } from '@mesh/schemas'
import type { Ingress, IngressFacts } from './ingress.ts'

/** What is the same for every decision of one round. */
export interface DecisionContext {
  readonly nowMs: number
  readonly task: number
  readonly taskCount: number
  readonly decidedBy: string
  readonly controlOffset: number
  readonly payloadHashKeyId: string
}

export interface DecisionFacts {
  readonly decision: AuditDecision
  readonly outcome?: string | null
  readonly reason?: ReasonCode | null
  readonly target?: string | null
  readonly targetVersion?: string | null
  readonly deadlineAtMs?: number | null
  readonly deliveredTo?: string | null
  /** The class it has; that of the dispatch if left out. */
  readonly priority?: number
  readonly dueAtMs?: number | null
  readonly quota?: QuotaUse | null
  readonly expectedWaitMs?: number | null
  readonly circuit?: CircuitUse | null
  readonly fallbackFor?: string | null
  readonly idleTimeoutMs?: number | null
  readonly follows?: string | null
}

export const positionId = ({ position }: IngressFacts): string => `${position.topic}/${position.partition}/${position.offset}`

export function auditEvent (ingress: Ingress, facts: DecisionFacts, context: DecisionContext): AuditEvent {
  const dispatch = ingress.kind === 'readable' ? ingress.dispatch : undefined
  return {
    eventId: positionId(ingress.facts),
    atMs: context.nowMs,
    decision: facts.decision,
    outcome: facts.outcome ?? null,
    reason: facts.reason ?? null,
    dispatchId: dispatch?.dispatchId ?? null,
    workflowId: dispatch?.workflowId ?? null,
    parentId: dispatch?.parentId ?? null,
    inReplyTo: dispatch?.inReplyTo ?? null,
    hop: dispatch?.chain.length ?? 0,
    attempt: 1,
    type: dispatch?.type ?? null,
    source: dispatch?.source ?? null,
    sourceVersion: dispatch?.sourceVersion ?? null,
    sourceInstance: dispatch?.sourceInstance ?? null,
    target: facts.target ?? dispatch?.target ?? null,
    targetVersion: facts.targetVersion ?? null,
    capability: dispatch?.capability ?? null,
    priority: facts.priority ?? dispatch?.priority ?? ingress.facts.lane,
    payloadHash: ingress.kind === 'readable' ? ingress.payloadHash : null,
    payloadHashKeyId: ingress.kind === 'readable' ? context.payloadHashKeyId : '',
    payloadBytes: dispatch?.payload.length ?? 0,
    appendedAtMs: ingress.facts.appendedAtMs,
    issuedAtMs: dispatch?.issuedAtMs ?? null,
    deadlineAtMs: facts.deadlineAtMs ?? null,
    replyPartition: dispatch?.replyPartition ?? null,
    claimedPriority: facts.priority === undefined || facts.priority === dispatch?.priority ? null : dispatch?.priority ?? null,
    dueAtMs: facts.dueAtMs ?? null,
    quota: facts.quota ?? null,
    expectedWaitMs: facts.expectedWaitMs ?? null,
    latencyMs: Math.max(0, context.nowMs - ingress.facts.appendedAtMs),
    agentMs: null,
    usage: null,
    handlerMs: null,
    circuit: facts.circuit ?? null,
    fallbackFor: facts.fallbackFor ?? null,
    idempotencyKey: ingress.kind === 'readable' ? ingress.idempotencyKey : null,
    idleTimeoutMs: facts.idleTimeoutMs ?? null,
    follows: facts.follows ?? null,
    ingress: ingress.facts.position,
    deliveredTo: facts.deliveredTo ?? null,
    controlOffset: context.controlOffset,
    task: context.task,
    decidedBy: context.decidedBy
  }
}

/** What an event holds that speaks of no dispatch. */
export function blankEvent (context: DecisionContext): Omit<AuditEvent, 'eventId' | 'decision'> {
  return {
    atMs: context.nowMs, outcome: null, reason: null, dispatchId: null, workflowId: null, parentId: null, inReplyTo: null, hop: 0, attempt: 1,
    type: null, source: null, sourceVersion: null, sourceInstance: null, target: null, targetVersion: null, capability: null,
    priority: null, payloadHash: null, payloadHashKeyId: '', payloadBytes: 0, appendedAtMs: context.nowMs, issuedAtMs: null, deadlineAtMs: null,
    replyPartition: null, claimedPriority: null, dueAtMs: null, quota: null, expectedWaitMs: null, latencyMs: 0, agentMs: null, usage: null,
    handlerMs: null, circuit: null, fallbackFor: null, idempotencyKey: null, idleTimeoutMs: null, follows: null,
    ingress: { topic: '', partition: context.task, offset: -1 }, deliveredTo: null, controlOffset: context.controlOffset, task: context.task, decidedBy: context.decidedBy
  }
}

type NextEvent = Partial<AuditEvent> & Pick<AuditEvent, 'eventId' | 'decision'>

/** The same request, one decision later. */
export function nextEvent (admission: AuditEvent, change: NextEvent, context: DecisionContext): AuditEvent {
  return {
    ...admission,
    atMs: context.nowMs,
    latencyMs: Math.max(0, context.nowMs - admission.appendedAtMs),
    controlOffset: context.controlOffset,
    decidedBy: context.decidedBy,
    deliveredTo: null,
    reason: null,
    // What the earlier decision asked is not asked again.
    dueAtMs: null,
    quota: null,
    expectedWaitMs: null,
    ...change
  }
}

/**
 * What an id stands for: the same id with another fingerprint is another message. A handler that runs twice sends
 * the same content at another time from perhaps another instance, so those don't count. A restated window entry
 * has no type and carries its fingerprint as it was.
 */
export function fingerprintOf (event: AuditEvent): string {
  if (event.type === null) return event.payloadHash ?? ''
  // Kept by the hundred thousand: joined it is one string, from a template it would stay a tree of its pieces, of twice the size.
  return [event.type, event.source, event.capability, event.inReplyTo ?? '', event.payloadHash].join('|')
}
