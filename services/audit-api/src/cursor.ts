// Where a page ended, as an opaque text.
//
// N1. It holds the range, so that one that was left out is that of the first page on all pages.
// N2. It belongs to one question: it holds a digest of the fields, and is refused with others. It is no secret and no right:
//     what it leads to is asked with the caller's own scope.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { PagePlace } from './core/event-sql.ts'
import type { TimeRange } from './core/time-range.ts'
import { ApiError } from './errors.ts'

const instant = z.int().min(-8.64e15).max(8.64e15)
const content = z.strictObject({ v: z.literal(1), q: z.string(), f: instant, t: instant, a: instant, e: z.string().min(1).max(1_000) })

/** The same for the same fields, in whatever order they came. */
export function questionDigest (fields: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(fields).filter(([, value]) => value !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 16)
}

export function writeCursor (question: string, { fromMs, toMs }: TimeRange, { atMs, eventId }: PagePlace): string {
  return Buffer.from(JSON.stringify({ v: 1, q: question, f: fromMs, t: toMs, a: atMs, e: eventId })).toString('base64url')
}

export function readCursor (cursor: string, question: string): { readonly range: TimeRange, readonly after: PagePlace } {
  const parsed = content.safeParse(jsonOf(cursor))
  if (!parsed.success) throw invalid('is not a cursor of this interface')
  const { q, f, t, a, e } = parsed.data
  if (q !== question) throw invalid('belongs to another search: every other field must be as on the page before')
  // PostgreSQL has no text with a NUL.
  if (e.includes('\u0000') || f >= t) throw invalid('is not a cursor of this interface')
  return { range: { fromMs: f, toMs: t }, after: { atMs: a, eventId: e } }
}

function jsonOf (cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const invalid = (message: string): ApiError => new ApiError('CURSOR_INVALID', `cursor: ${message}.`, { problems: [{ field: 'cursor', message }] })
