// An audit event as one line, or as JSON.
import type { AuditEvent } from '@mesh/schemas'
import { paintOutcome, type Paint } from './paint.ts'
import { printable } from './printable.ts'
import { isoTime } from './iso-time.ts'

export const decisions = ['delivered', 'refused', 'completed', 'timed_out', 'repeated', 'late', 'restated'] as const satisfies readonly AuditEvent['decision'][]

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
  const result = [outcome ?? 'waiting', reason].filter(part => part !== null).map(printable).join(' ')
  return [
    paint.faint(isoTime(atMs).slice(11, 23)),
    decision.padEnd(9),
    paintOutcome(outcome, paint)(result.padEnd(8)),
    `${printable(source)} → ${printable(target)}`,
    printable(capability),
    `${printable(type)} ${priority === null ? '–' : `P${priority}`}`,
    `${latencyMs} ms`,
    paint.faint(dispatchId === null ? positionOf(event) : printable(dispatchId))
  ].join('  ')
}

// A record without an id is known by its place.
const positionOf = ({ ingress }: AuditEvent): string => `${printable(ingress.topic)}/${ingress.partition}/${ingress.offset}`
