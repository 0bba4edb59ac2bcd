// Events of the audit API as rows of a table.
import { paintOutcome, type Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface AuditItem {
  readonly eventId: string
  readonly at: string | null
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly priority: number | null
  readonly latencyMs: number | null
  readonly dispatchId: string | null
  readonly workflowId: string | null
}

export const auditHeadings = ['at', 'decision', 'source → target', 'capability', 'class', 'latency', 'outcome', 'dispatch']

export function auditRows (events: readonly AuditItem[], paint: Paint): string[][] {
  return events.map(({ at, decision, source, target, capability, priority, latencyMs, outcome, reason, dispatchId }) => [
    at ?? 'unknown',
    printable(decision),
    `${printable(source)} → ${printable(target)}`,
    printable(capability),
    priority === null ? '–' : `P${priority}`,
    latencyMs === null ? '–' : `${latencyMs} ms`,
    outcomeText(outcome, reason, paint),
    printable(dispatchId)
  ])
}

function outcomeText (outcome: string | null, reason: string | null, paint: Paint): string {
  const said = [outcome, reason].filter(text => text !== null).map(printable).join(' ')
  return said === '' ? '–' : outcome === null ? said : paintOutcome(outcome, paint)(said)
}
