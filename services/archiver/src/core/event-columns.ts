// An audit event as a row: its columns in canonical order, and the text that COPY reads.
//
// E1. The order of the columns is that of the event's fields, with those that came later at the end; a row's text depends on
//     nothing but the event.
// E2. PostgreSQL's text holds no NUL: it becomes U+FFFD. Times beyond year 9999 become infinity. Nothing an agent claims
//     can make a row that PostgreSQL refuses.

import type { AuditEvent } from '@mesh/schemas'
import { canonicalJson, type Json } from '@mesh/evidence/log'

export type EventCell = string | number | null

interface Column {
  readonly name: string
  readonly cell: (event: AuditEvent) => EventCell
  /** The cell is JSON already: an object, or true and false. */
  readonly json?: true
}

const lastInstantMs = Date.UTC(9999, 11, 31)

export const eventColumns: readonly Column[] = [
  { name: 'event_id', cell: event => event.eventId },
  { name: 'at', cell: event => instant(event.atMs) },
  { name: 'decision', cell: event => event.decision },
  { name: 'outcome', cell: event => event.outcome },
  { name: 'reason', cell: event => event.reason },
  { name: 'dispatch_id', cell: event => event.dispatchId },
  { name: 'workflow_id', cell: event => event.workflowId },
  { name: 'parent_id', cell: event => event.parentId },
  { name: 'in_reply_to', cell: event => event.inReplyTo },
  { name: 'hop', cell: event => event.hop },
  { name: 'attempt', cell: event => event.attempt },
  { name: 'type', cell: event => event.type },
  { name: 'source', cell: event => event.source },
  { name: 'source_version', cell: event => event.sourceVersion },
  { name: 'source_instance', cell: event => event.sourceInstance },
  { name: 'target', cell: event => event.target },
  { name: 'target_version', cell: event => event.targetVersion },
  { name: 'capability', cell: event => event.capability },
  { name: 'priority', cell: event => event.priority },
  { name: 'payload_hash', cell: event => event.payloadHash },
  { name: 'payload_hash_key_id', cell: event => event.payloadHashKeyId },
  { name: 'payload_bytes', cell: event => event.payloadBytes },
  { name: 'appended_at', cell: event => instant(event.appendedAtMs) },
  { name: 'issued_at', cell: event => event.issuedAtMs === null ? null : instant(event.issuedAtMs) },
  { name: 'deadline_at', cell: event => event.deadlineAtMs === null ? null : instant(event.deadlineAtMs) },
  { name: 'reply_partition', cell: event => event.replyPartition },
  { name: 'latency_ms', cell: event => event.latencyMs },
  { name: 'agent_ms', cell: event => event.agentMs },
  { name: 'usage', cell: event => event.usage === null ? null : jsonText({ ...event.usage }), json: true },
  { name: 'ingress_topic', cell: event => event.ingress.topic },
  { name: 'ingress_partition', cell: event => event.ingress.partition },
  { name: 'ingress_offset', cell: event => event.ingress.offset },
  { name: 'delivered_to', cell: event => event.deliveredTo },
  { name: 'control_offset', cell: event => event.controlOffset },
  { name: 'task', cell: event => event.task },
  { name: 'decided_by', cell: event => event.decidedBy },
  { name: 'claimed_priority', cell: event => event.claimedPriority },
  { name: 'due_at', cell: event => event.dueAtMs === null ? null : instant(event.dueAtMs) },
  { name: 'quota', cell: event => event.quota === null ? null : jsonText({ ...event.quota }), json: true },
  { name: 'expected_wait_ms', cell: event => event.expectedWaitMs },
  { name: 'handler_ms', cell: event => event.handlerMs },
  { name: 'circuit_state', cell: ({ circuit }) => circuit === null ? null : circuit.state },
  { name: 'circuit_episode', cell: ({ circuit }) => circuit === null ? null : circuit.episode },
  { name: 'circuit_since', cell: ({ circuit }) => circuit === null ? null : instant(circuit.sinceMs) },
  { name: 'circuit_is_probe', cell: ({ circuit }) => circuit === null ? null : String(circuit.isProbe), json: true },
  { name: 'fallback_for', cell: event => event.fallbackFor },
  { name: 'idempotency_key', cell: event => event.idempotencyKey },
  { name: 'idle_timeout_ms', cell: event => event.idleTimeoutMs },
  { name: 'follows', cell: event => event.follows }
]

/** In the order of `eventColumns`; made once for the row and for the leaf that seals it. */
export type EventCells = readonly EventCell[]

export const cellsOf = (event: AuditEvent): EventCells => eventColumns.map(({ cell }) => cell(event))

/** One line of COPY's text format, with its line end; what the archive adds comes after the event's own columns. */
export function copyLine (cells: EventCells, ...added: readonly number[]): string {
  let line = ''
  for (const value of cells) {
    if (line !== '') line += '\t'
    line += value === null ? '\\N' : typeof value === 'number' ? value : escaped(value)
  }
  for (const value of added) line += `\t${value}`
  return `${line}\n`
}

/** The one text that it has (RFC 8785), so that the leaf can take it as it is. */
const jsonText = (value: Json): string => canonicalJson(storable(value))

function storable (value: Json): Json {
  if (typeof value === 'string') return withoutNul(value).toWellFormed()
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(storable)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, storable(inner)]))
}

/** Events of one round share their times: the texts of the last ones are kept, each at the place of its low bits. */
const instants = { ms: new Float64Array(256).fill(NaN), texts: new Array<string>(256) }

export function instant (atMs: number): string {
  if (atMs > lastInstantMs) return 'infinity'
  if (atMs < 0) return '-infinity'
  const at = atMs & 255
  if (instants.ms[at] === atMs) return instants.texts[at]!
  instants.ms[at] = atMs
  return instants.texts[at] = new Date(atMs).toISOString()
}

const special = /[\\\n\r\t\u0000]/
function escaped (text: string): string {
  if (!special.test(text)) return text
  return withoutNul(text).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
}

export function withoutNul (text: string): string {
  return text.replaceAll('\u0000', '\uFFFD')
}
