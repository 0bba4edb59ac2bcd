// Questions about events as they come in a URL: shape and bounds, for validation and for the OpenAPI page.
//
// Q1. All problems of a request are reported together, each with its field.
// Q2. Unknown fields are refused: a misspelled filter must not silently show everything.
// Q3. A time has a zone.

import { z } from 'zod'
import { buckets, dimensions } from './core/event-sql.ts'
import type { EventFilter } from './core/event-filter.ts'
import type { TimeRange } from './core/time-range.ts'

export const pageRowsMax = 1_000
const pageRowsDefault = 100
const valuesMax = 20
const cursorCharsMax = 2_000

export const decisions = ['delivered', 'refused', 'completed', 'timed_out', 'repeated', 'late', 'deferred', 'released', 'cleared', 'retried', 'redelivered', 'progressed',
  'cancelled', 'dead_lettered'] as const
export const outcomes = ['success', 'failure', 'timeout', 'circuit_broken', 'cancelled', 'dead_lettered', 'refused', 'none'] as const
const dispatchTypes = ['request', 'response', 'event', 'error', 'progress', 'cancel'] as const

// PostgreSQL has no text with a NUL, and no id holds another of these.
const text = z.string().regex(/^[^\u0000-\u001f\u007f]{1,200}$/, { error: 'must be 1 to 200 characters, none of them a control character' })
const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`
  return z.string().regex(/^\d{1,16}$/, { error }).transform(Number).refine(value => value >= min && value <= max, { error })
}
const oneOf = <const V extends readonly [string, ...string[]]>(values: V) => z.enum(values, { error: `must be one of ${values.join(', ')}` })

/** A field that may be there several times: any of its values fits. */
const several = <S extends z.ZodType>(item: S, doc: string) =>
  z.preprocess(value => value === undefined || Array.isArray(value) ? value : [value], z.array(item).min(1).max(valuesMax, { error: `must be there at most ${valuesMax} times` }).optional()).describe(doc)
const once = <S extends z.ZodType>(item: S, doc: string) => item.optional().describe(doc)

const time = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with a zone, such as 2026-11-22T10:00:00Z or 2026-11-22T12:00:00+02:00 (in a URL %2B02:00)' })
  .transform(value => Date.parse(value))

const filterShape = {
  from: once(time, 'Events at or after this time; left out, a day before `to`.'),
  to: once(time, 'Events before this time; left out, now.'),
  agent: several(text, 'Agent on either side.'),
  source: several(text, 'Agent that sent it.'),
  target: several(text, 'Agent that it was for.'),
  capability: several(text, 'What was asked for.'),
  type: several(oneOf(dispatchTypes), 'Type of the dispatch.'),
  decision: several(oneOf(decisions), 'What was decided.'),
  outcome: several(oneOf(outcomes), 'How it ended; `none` for decisions that end nothing.'),
  reason: several(text, 'Reason code.'),
  priority: several(whole(0, 3), 'Priority class.'),
  workflow: several(text, 'Id of the workflow.'),
  dispatch: several(text, 'Id of the dispatch.'),
  costMin: once(whole(0, Number.MAX_SAFE_INTEGER), 'Cost at least, in millionths of the billing currency.'),
  costMax: once(whole(0, Number.MAX_SAFE_INTEGER), 'Cost at most.')
}

export const searchQuery = z.strictObject({
  ...filterShape,
  order: oneOf(['asc', 'desc']).default('desc').describe('asc: oldest first.'),
  limit: whole(1, pageRowsMax).default(pageRowsDefault).describe(`Events on a page; ${pageRowsDefault} if left out, ${pageRowsMax} at most.`),
  cursor: z.string().max(cursorCharsMax).optional().describe('`next` of the page before, with the same fields.')
})

export const aggregateQuery = z.strictObject({
  ...filterShape,
  bucket: oneOf(buckets).default('hour').describe('Hours or days, in UTC.'),
  by: once(oneOf(dimensions), 'Grouped by this as well.')
})

export const exportQuery = z.strictObject({ ...filterShape, format: oneOf(['ndjson', 'csv']).default('ndjson').describe('One JSON object a line, or CSV by RFC 4180.') })

export const traceQuery = z.strictObject({ whole: oneOf(['true', 'false']).default('false').describe('true: also what is neither before nor after it in its workflow.') })
export const traceParams = z.strictObject({ id: text.describe('Id of the dispatch.') })

export type FilterQuery = Omit<z.output<typeof exportQuery>, 'format'>

export function toFilter (query: FilterQuery, range: TimeRange): EventFilter {
  const { agent, source, target, capability, type, decision, outcome, reason, priority, workflow, dispatch, costMin, costMax } = query
  const of = { agent, source, target, capability, type, decision, outcome, reason, priority, workflow, dispatch }
  return { ...range, ...of, costMinMicros: costMin, costMaxMicros: costMax }
}
