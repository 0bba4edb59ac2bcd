// An event as the interface shows it: its fields in order, and the columns of the archive that they are read from.
//
// F1. Times are ISO texts in UTC; one that lies beyond the calendar is `infinity`. A field that does not apply is null.
// F2. No payload is here: the archive has none, only the keyed hash.

export interface EventField {
  readonly name: string
  readonly column: string
  readonly kind: 'text' | 'number' | 'time' | 'flag' | 'json'
}

const field = (column: string, kind: EventField['kind'], name = camelCase(column)): EventField => ({ name, column, kind })

export const eventFields: readonly EventField[] = [
  field('event_id', 'text'), field('at', 'time'), field('decision', 'text'), field('outcome', 'text'), field('reason', 'text'),
  field('dispatch_id', 'text'), field('workflow_id', 'text'), field('parent_id', 'text'), field('in_reply_to', 'text'), field('follows', 'text'),
  field('hop', 'number'), field('attempt', 'number'), field('type', 'text'),
  field('source', 'text'), field('source_version', 'text'), field('source_instance', 'text'), field('target', 'text'), field('target_version', 'text'),
  field('capability', 'text'), field('priority', 'number'), field('claimed_priority', 'number'),
  field('payload_hash', 'text'), field('payload_hash_key_id', 'text'), field('payload_bytes', 'number'),
  field('appended_at', 'time'), field('issued_at', 'time'), field('deadline_at', 'time'), field('due_at', 'time'),
  field('latency_ms', 'number'), field('agent_ms', 'number'), field('handler_ms', 'number'), field('expected_wait_ms', 'number'), field('idle_timeout_ms', 'number'),
  field('usage', 'json'), field('quota', 'json'),
  field('circuit_state', 'text'), field('circuit_episode', 'text'), field('circuit_since', 'time'), field('circuit_is_probe', 'flag'),
  field('fallback_for', 'text'), field('idempotency_key', 'text'), field('reply_partition', 'number'),
  field('ingress_topic', 'text'), field('ingress_partition', 'number'), field('ingress_offset', 'number'), field('delivered_to', 'text'),
  field('control_offset', 'number'), field('task', 'number'), field('decided_by', 'text'),
  field('log', 'number'), field('leaf_index', 'number')
]

export const eventColumns = eventFields.map(({ column }) => column).join(', ')

export type EventRow = Readonly<Record<string, unknown>>
export type EventItem = Readonly<Record<string, unknown>>

export function eventItem (row: EventRow): EventItem {
  const item: Record<string, unknown> = {}
  for (const { name, column, kind } of eventFields) item[name] = kind === 'time' ? timeText(row[column]) : row[column] ?? null
  return item
}

export function timeText (value: unknown): string | null {
  if (value instanceof Date) return value.toISOString()
  if (value === Infinity) return 'infinity'
  return value === -Infinity ? '-infinity' : null
}

function camelCase (column: string): string {
  return column.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}
