// An audit event as one line, or as JSON.
import type { AuditEvent } from '@mesh/schemas'
import { paintOutcome, type Paint } from './paint.ts'
import { printable } from './printable.ts'
import { clockTime, isoTime } from './iso-time.ts'

export const decisions = [
  'delivered', 'refused', 'completed', 'timed_out', 'repeated', 'late', 'restated', 'deferred', 'released', 'cleared', 'retried', 'redelivered',
  'progressed', 'cancelled', 'dead_lettered'
] as const satisfies readonly AuditEvent['decision'][]

export interface EventFilter {
  /** As source or as target. */
  readonly agent?: string | undefined
  readonly decision?: string | undefined
}

/** Restated events are the coordinators' own bookkeeping: shown only to who asks for them. */
export function isWanted (event: AuditEvent, { agent, decision }: EventFilter): boolean {
  if (decision === undefined ? event.decision === 'restated' : event.decision !== decision) return false
  return agent === undefined || event.source === agent || event.target === agent
}

export function eventLine (event: AuditEvent, paint: Paint): string {
  const { decision, outcome, reason, source, target, capability, priority, latencyMs, dispatchId, type, atMs } = event
  const result = [outcome ?? stateOf(event), reason].filter(part => part !== null).map(printable).join(' ')
  return [
    paint.faint(clockTime(isoTime(atMs))),
    decision.padEnd(9),
    paintOutcome(outcome, paint)(result.padEnd(8)),
    `${printable(source)} → ${printable(target)}`,
    printable(capability),
    `${printable(type)} ${priority === null ? '–' : `P${priority}`}`,
    `${latencyMs} ms`,
    paint.faint(dispatchId === null ? positionOf(event) : printable(dispatchId))
  ].join('  ')
}

// What is so while nothing is decided for good.
function stateOf ({ decision, dueAtMs }: AuditEvent): string {
  if (decision === 'cleared') return 'backlog gone'
  if (decision === 'progressed') return 'alive'
  return (decision === 'deferred' || decision === 'retried') && dueAtMs !== null ? `until ${clockTime(isoTime(dueAtMs))}` : 'waiting'
}

// A record without an id is known by its place; the end of a backlog, which is no record, by its own id.
const positionOf = ({ ingress, eventId }: AuditEvent): string => ingress.topic === '' ? printable(eventId) : `${printable(ingress.topic)}/${ingress.partition}/${ingress.offset}`
