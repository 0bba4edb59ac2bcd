// Why a dispatch went the way it did: each decision about it, the numbers it was made from, and where its time went.
//
// Invariants:
//   W1. Only what the audit events say: nothing is guessed, and what was not looked at is left out.
//   W2. Restated events are bookkeeping and say nothing new.
import { reasonCodes, type AuditEvent } from '@mesh/schemas'
import { isoTime } from './iso-time.ts'
import { byTime, timeSpent, totalMs, type TimeSpent } from './time-spent.ts'

export type WhyEvent = Pick<AuditEvent,
  'eventId' | 'atMs' | 'decision' | 'outcome' | 'reason' | 'dispatchId' | 'workflowId' | 'parentId' | 'inReplyTo' | 'attempt' | 'type' | 'source' | 'target' | 'targetVersion' |
  'capability' | 'priority' | 'claimedPriority' | 'appendedAtMs' | 'deadlineAtMs' | 'dueAtMs' | 'quota' | 'expectedWaitMs' | 'latencyMs' | 'agentMs' | 'handlerMs' | 'circuit' |
  'fallbackFor' | 'idempotencyKey' | 'idleTimeoutMs' | 'follows' | 'ingress' | 'deliveredTo' | 'controlOffset' | 'task' | 'decidedBy'>

/** What a decision was made from. */
export type Numbers = Pick<WhyEvent,
  'attempt' | 'target' | 'targetVersion' | 'claimedPriority' | 'quota' | 'expectedWaitMs' | 'circuit' | 'fallbackFor' | 'idleTimeoutMs' | 'follows' | 'agentMs' | 'handlerMs' |
  'latencyMs' | 'controlOffset' | 'task' | 'decidedBy' | 'deliveredTo' | 'ingress'> & { readonly due: string | null, readonly deadline: string | null }

export interface Decided {
  readonly at: string
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  /** What the reason means, and what its sender can do; null without a reason. */
  readonly meaning: string | null
  readonly next: string | null
  readonly numbers: Numbers
}

/** An answer, a cancel or the like about the dispatch. */
export interface Related {
  readonly dispatchId: string
  readonly type: string | null
  readonly source: string | null
  readonly decisions: readonly Decided[]
}

export interface Why {
  readonly dispatchId: string
  readonly workflowId: string | null
  readonly type: string | null
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly priority: number | null
  /** Request that it is about, if it is an answer or the like. */
  readonly inReplyTo: string | null
  /** Null while it waits. */
  readonly outcome: string | null
  readonly decisions: readonly Decided[]
  readonly time: readonly TimeSpent[]
  readonly totalMs: number
  readonly related: readonly Related[]
  readonly progressCount: number
}

const relatedMax = 20

/** Undefined where no event is about the dispatch itself. Events may come twice and in any order. */
export function whyOf (id: string, events: readonly WhyEvent[], nowMs: number): Why | undefined {
  const news = events.filter(({ decision }) => decision !== 'restated')
  const known = [...new Map(news.map(event => [event.eventId, event])).values()].sort(byTime)
  const own = known.filter(({ dispatchId }) => dispatchId === id)
  const [first] = own
  if (first === undefined) return undefined
  const others = Map.groupBy(known.filter(event => event.inReplyTo === id && event.dispatchId !== id), ({ dispatchId }) => dispatchId ?? '')
  const told = [...others].filter(([, [event]]) => event!.type !== 'progress')
  const time = timeSpent(own, nowMs)
  const { workflowId, type, source, capability, priority, inReplyTo } = first
  return {
    dispatchId: id, workflowId, type, source, capability, priority, inReplyTo,
    target: own.findLast(({ target }) => target !== null)?.target ?? null,
    outcome: isSettled(own) ? own.findLast(({ outcome }) => outcome !== null)!.outcome : null,
    decisions: own.map(toDecided),
    time,
    totalMs: totalMs(time),
    related: told.slice(0, relatedMax).map(([dispatchId, some]) => {
      const { type, source } = some[0]!
      return { dispatchId, type, source, decisions: some.map(toDecided) }
    }),
    progressCount: own.filter(({ decision }) => decision === 'progressed').length || others.size - told.length
  }
}

/** Whether the newest decision that moved it was its outcome. */
export function isSettled (own: readonly WhyEvent[]): boolean {
  const spent = timeSpent(own, 0)
  return own.some(({ outcome }) => outcome !== null) && spent.at(-1)?.isOpen !== true
}

function toDecided (event: WhyEvent): Decided {
  const { decision, outcome, reason, dueAtMs, deadlineAtMs } = event
  const known = reasonCodes[reason as keyof typeof reasonCodes] as { readonly doc: string, readonly next: string } | undefined
  const { attempt, target, targetVersion, claimedPriority, quota, expectedWaitMs, circuit, fallbackFor, idleTimeoutMs, follows } = event
  const { agentMs, handlerMs, latencyMs, controlOffset, task, decidedBy, deliveredTo, ingress } = event
  const due = dueAtMs === null ? null : isoTime(dueAtMs)
  const deadline = deadlineAtMs === null ? null : isoTime(deadlineAtMs)
  const numbers = {
    attempt, target, targetVersion, claimedPriority, quota, expectedWaitMs, circuit, fallbackFor, idleTimeoutMs, follows, agentMs, handlerMs, latencyMs,
    controlOffset, task, decidedBy, deliveredTo, ingress, due, deadline
  }
  return { at: isoTime(event.atMs), decision, outcome, reason, meaning: known?.doc ?? null, next: known?.next ?? null, numbers }
}
