// An event as the archive keeps it: what PostgreSQL can't hold is changed here in the same way, so that what was read from the
// topic and what was read from the archive are the same event, byte for byte.
//
// A1. Doing it twice is doing it once.
// A2. PostgreSQL's text holds no NUL (it becomes U+FFFD); instants beyond its calendar are infinite there, and the last or the
//     first instant of JavaScript's here.

import type { AuditEvent } from '@mesh/schemas'

/** As `core/event-columns.ts` of the archiver cuts it. */
const lastInstantMs = Date.UTC(9999, 11, 31)
export const infinityMs = 8_640_000_000_000_000

export function archivedForm (event: AuditEvent): AuditEvent {
  // Nearly all are as they should be: these are looked through, not copied.
  if (!hasNul(event) && timesOf(event).every(atMs => atMs === null || instant(atMs) === atMs)) return event
  const { circuit } = event
  return withoutNul({
    ...event, atMs: instant(event.atMs), appendedAtMs: instant(event.appendedAtMs), issuedAtMs: instantOrNull(event.issuedAtMs),
    deadlineAtMs: instantOrNull(event.deadlineAtMs), dueAtMs: instantOrNull(event.dueAtMs),
    circuit: circuit === null ? null : { ...circuit, sinceMs: instant(circuit.sinceMs) }
  }) as AuditEvent
}

const timesOf = ({ atMs, appendedAtMs, issuedAtMs, deadlineAtMs, dueAtMs, circuit }: AuditEvent): (number | null)[] =>
  [atMs, appendedAtMs, issuedAtMs, deadlineAtMs, dueAtMs, circuit?.sinceMs ?? null]

/** A time as PostgreSQL gives it back: a date, or an infinite number. */
export function instantOf (value: Date | number): number {
  return instant(Number(value))
}

function instant (atMs: number): number {
  return atMs > lastInstantMs ? infinityMs : atMs < 0 ? -infinityMs : atMs
}

const instantOrNull = (atMs: number | null): number | null => atMs === null ? null : instant(atMs)

function hasNul (value: object): boolean {
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name]
    if (typeof part === 'string' ? part.includes('\u0000') : typeof part === 'object' && part !== null && hasNul(part)) return true
  }
  return false
}

function withoutNul (value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\u0000') ? value.replaceAll('\u0000', '\uFFFD') : value
  if (typeof value !== 'object' || value === null) return value
  const cleaned: Record<string, unknown> = {}
  for (const name in value) cleaned[name] = withoutNul((value as Record<string, unknown>)[name])
  return cleaned
}
