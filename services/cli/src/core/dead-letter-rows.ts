// Dead letters as rows of a table, and one of them as facts.
//
// Invariants:
//   D1. No content: what went wrong is the mesh's own words, and everything an agent wrote is printed through `printable`.
import { reasonCodes, type DeadLetter, type Position } from '@mesh/schemas'
import { clockTime, isoTime } from './iso-time.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export type DeadLetterState = 'open' | 'redriven' | 'discarded'
export const deadLetterStates = ['open', 'redriven', 'discarded'] as const satisfies readonly DeadLetterState[]

/** What an operator did with one. */
export interface Settled {
  readonly state: DeadLetterState
  readonly who: string
  readonly why: string | null
  readonly at: string
}

export interface DeadLetterLine {
  /** PARTITION/OFFSET, as the other commands take it. */
  readonly place: string
  readonly at: string
  readonly reason: string
  readonly message: string
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly priority: number | null
  readonly dispatchId: string | null
  readonly workflowId: string | null
  /** Deliveries before it was given up. */
  readonly attempt: number
  readonly ingress: Position
  readonly valueBytes: number
  readonly state: DeadLetterState
  readonly settled: Settled | null
}

export interface DeadLetterFilter {
  readonly reason?: string | undefined
  /** As source or as target. */
  readonly agent?: string | undefined
  readonly state?: string | undefined
  readonly sinceMs?: number | undefined
}

export const deadLetterHeadings = ['place', 'at', 'reason', 'from → to', 'capability', 'tries', 'dispatch', 'state']

export function deadLetterLine (place: string, letter: DeadLetter, settled: Settled | undefined): DeadLetterLine {
  const { code: reason, message, source, target, capability, priority, dispatchId, workflowId, attempt, ingress, value } = letter
  return {
    place, at: isoTime(letter.atMs), reason, message, source, target, capability, priority, dispatchId, workflowId, attempt, ingress,
    valueBytes: value?.length ?? 0,
    state: settled?.state ?? 'open', settled: settled ?? null
  }
}

export function isWantedLetter ({ reason, source, target, state, at }: DeadLetterLine, filter: DeadLetterFilter): boolean {
  if (filter.reason !== undefined && filter.reason !== reason) return false
  if (filter.agent !== undefined && filter.agent !== source && filter.agent !== target) return false
  if (filter.state !== undefined && filter.state !== state) return false
  return filter.sinceMs === undefined || Date.parse(at) >= filter.sinceMs
}

/** Newest first. */
export function byNewest (a: DeadLetterLine, b: DeadLetterLine): number {
  return a.at < b.at ? 1 : a.at > b.at ? -1 : comparePlace(b, a)
}

export function deadLetterRows (lines: readonly DeadLetterLine[], paint: Paint): string[][] {
  return lines.map(({ place, at, reason, source, target, capability, attempt, dispatchId, state }) => [
    place, `${at.slice(0, 10)} ${clockTime(at).slice(0, 8)}`, printable(reason), `${printable(source)} → ${printable(target)}`, printable(capability),
    String(attempt), printable(dispatchId), state === 'open' ? paint.bad(state) : paint.faint(state)
  ])
}

/** One dead letter, a fact a line. */
export function deadLetterFacts (line: DeadLetterLine, paint: Paint): string[] {
  const { ingress, settled } = line
  const known = reasonCodes[line.reason as keyof typeof reasonCodes] as { readonly doc: string, readonly next: string } | undefined
  const facts: [name: string, value: string][] = [
    ['reason', `${printable(line.reason)}${known === undefined ? '' : `  ${known.doc}`}`],
    ['message', printable(line.message)],
    ['what to do', known?.next ?? '–'],
    ['at', line.at],
    ['dispatch', printable(line.dispatchId)],
    ['workflow', printable(line.workflowId)],
    ['from', printable(line.source)],
    ['to', printable(line.target)],
    ['capability', printable(line.capability)],
    ['class', line.priority === null ? '–' : `P${line.priority}`],
    ['tries', String(line.attempt)],
    ['read at', `${printable(ingress.topic)}/${ingress.partition}/${ingress.offset}`],
    ['size', `${line.valueBytes} bytes`],
    ['state', settled === null ? paint.bad('open') : `${settled.state} by ${printable(settled.who)} at ${settled.at}${settled.why === null ? '' : `: ${printable(settled.why)}`}`]
  ]
  return [`dead letter ${paint.strong(line.place)}`, ...facts.map(([name, value]) => `${paint.faint(name.padEnd(10))}  ${value}`)]
}

function comparePlace (a: DeadLetterLine, b: DeadLetterLine): number {
  const [partitionA = 0, offsetA = 0] = a.place.split('/').map(Number)
  const [partitionB = 0, offsetB = 0] = b.place.split('/').map(Number)
  return partitionA - partitionB || offsetA - offsetB
}
