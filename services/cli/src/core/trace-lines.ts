// A trace as lines: one a hop, indented by its depth, in aligned columns; then a summary.
import { paintOutcome, type Paint } from './paint.ts'
import { clockTime } from './iso-time.ts'
import { printable } from './printable.ts'
import type { Hop } from '@mesh/trace'

// Deeper than this a line begins no further right, but says how deep it is.
const indentDepthMax = 20

interface Cells {
  readonly texts: readonly string[]
  readonly paint: (text: string) => string
  readonly note: string
}

const headings = ['hop', 'capability', 'type', 'class', 'topic/partition/offset', 'latency', 'total', 'outcome']
const rightAligned: ReadonlySet<number> = new Set([5, 6])

export function traceLines (workflowId: string, hops: readonly Hop[], asked: string, paint: Paint): string[] {
  const rows = hops.map(hop => cellsOf(hop, asked, paint))
  const widths = headings.map((heading, column) => rows.reduce((width, { texts }) => Math.max(width, texts[column]!.length), heading.length))
  const fit = (text: string, column: number): string => rightAligned.has(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  const line = (texts: readonly string[], paintLast: (text: string) => string, note: string): string => {
    const cells = texts.slice(0, -1).map(fit)
    return `${[...cells, paintLast(texts.at(-1)!)].join('  ')}${note}`.trimEnd()
  }
  return [
    `workflow ${paint.strong(printable(workflowId))}`,
    paint.faint(line(headings, text => text, '')),
    ...rows.map(({ texts, paint: paintLast, note }) => line(texts, paintLast, note)),
    summaryLine(hops)
  ]
}

function cellsOf (hop: Hop, asked: string, paint: Paint): Cells {
  const indent = '  '.repeat(Math.min(hop.depth, indentDepthMax))
  const deep = hop.depth > indentDepthMax ? `(${hop.depth}) ` : ''
  const texts = [
    `${indent}${deep}${printable(hop.source)} → ${printable(hop.target)}`,
    printable(hop.capability),
    printable(hop.type),
    hop.priority === null ? '–' : `P${hop.priority}`,
    `${printable(hop.topic)}/${hop.partition}/${hop.offset}`,
    `${hop.latencyMs} ms`,
    hop.totalMs === null ? '' : `${hop.totalMs} ms`,
    outcomeText(hop)
  ]
  const isAsked = hop.dispatchId === asked || hop.reply?.dispatchId === asked
  return { texts, paint: paintOutcome(hop.outcome, paint), note: notesOf(hop, paint) + (isAsked ? paint.strong('  ← asked for') : '') }
}

function outcomeText ({ outcome, reason, wait }: Hop): string {
  if (outcome === null && wait !== null && wait.waitedMs === null) return `deferred until ${clockTime(wait.until)} ${printable(wait.reason)}`
  const text = outcome === null ? 'pending' : printable(outcome)
  return reason === null ? text : `${text} ${printable(reason)}`
}

function notesOf ({ anomaly, repeats, parentId, wait }: Hop, paint: Paint): string {
  const notes: string[] = []
  if (wait !== null && wait.waitedMs !== null) notes.push(`waited ${wait.waitedMs} ms: ${printable(wait.reason)}`)
  if (anomaly === 'parent_missing') notes.push(`its parent ${printable(parentId)} is not in the archive`)
  if (anomaly === 'parent_circle') notes.push(`its parent ${printable(parentId)} is below it`)
  if (repeats > 0) notes.push(`sent again ${repeats}×`)
  return notes.length === 0 ? '' : paint.unsure(`  (${notes.join('; ')})`)
}

export function summaryLine (hops: readonly Hop[]): string {
  const counts = new Map<string, number>()
  for (const { outcome } of hops) counts.set(outcome ?? 'pending', (counts.get(outcome ?? 'pending') ?? 0) + 1)
  const outcomes = [...counts].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} ${printable(outcome)}`)
  return `${hops.length} ${hops.length === 1 ? 'hop' : 'hops'}: ${outcomes.join(', ')}; ${spanMs(hops)} ms from first append to last outcome`
}

function spanMs (hops: readonly Hop[]): number {
  let first = Infinity
  let last = -Infinity
  for (const { at, latencyMs, totalMs } of hops) {
    const appendedAtMs = Date.parse(at) - latencyMs
    if (Number.isNaN(appendedAtMs)) continue
    first = Math.min(first, appendedAtMs)
    last = Math.max(last, appendedAtMs + Math.max(latencyMs, totalMs ?? 0))
  }
  return first === Infinity ? 0 : last - first
}
