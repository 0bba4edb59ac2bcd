// Questions about events as SQL: a text that is made of constants alone, and values beside it.
//
// Q1. Nothing that a caller sent is in the text; it goes as a parameter, whatever it holds.
// Q2. The range stands on `at` alone, so that PostgreSQL leaves out the days outside it; a page begins at the cursor's day.
// Q3. Pages are in the order of (at, event id), which nothing that is inserted later changes for what is there.
// Q4. "On either side" is two questions, each with an index in the order of the page, not one that no index answers.

import { eventColumns } from './event-fields.ts'
import type { EventFilter, Scope } from './event-filter.ts'

export interface Sql {
  readonly text: string
  readonly values: readonly unknown[]
}

export interface PagePlace {
  readonly atMs: number
  readonly eventId: string
}

export type Order = 'asc' | 'desc'

export interface Page {
  readonly order: Order
  readonly after?: PagePlace | undefined
  readonly rowsMax: number
}

export const buckets = ['hour', 'day'] as const
export type Bucket = typeof buckets[number]

/** What may be grouped by; each is a column. */
export const dimensions = ['source', 'target', 'capability', 'outcome', 'reason', 'priority', 'decision'] as const
export type Dimension = typeof dimensions[number]

export interface Grouping {
  readonly bucket: Bucket
  readonly by: Dimension | undefined
  readonly groupsMax: number
}

export function searchSql (table: string, filter: EventFilter, scope: Scope, { order, after, rowsMax }: Page): Sql {
  const parameters = new Parameters()
  const direction = order === 'asc' ? 'ASC' : 'DESC'
  const conditions = [...conditionsOf(pageRange(filter, order, after), scope, parameters)]
  if (after !== undefined) conditions.push(`(at, event_id) ${order === 'asc' ? '>' : '<'} (${parameters.time(after.atMs)}, ${parameters.put(after.eventId)})`)
  const limit = parameters.put(rowsMax)
  const ordered = `ORDER BY at ${direction}, event_id ${direction} LIMIT ${limit}`
  const select = (more: readonly string[]): string => `SELECT ${eventColumns} FROM ${table} WHERE ${[...conditions, ...more].join(' AND ')} ${ordered}`
  const sides = sidesOf(filter, scope, parameters)
  if (sides === undefined) return { text: select([]), values: parameters.values }
  return { text: `(${select([sides.source])}) UNION ALL (${select([sides.target, `(${sides.source}) IS NOT TRUE`])}) ${ordered}`, values: parameters.values }
}

export function aggregateSql (table: string, filter: EventFilter, scope: Scope, { bucket, by, groupsMax }: Grouping): Sql {
  const parameters = new Parameters()
  const conditions = conditionsOf(filter, scope, parameters)
  const sides = sidesOf(filter, scope, parameters)
  if (sides !== undefined) conditions.push(`(${sides.source} OR ${sides.target})`)
  const key = by ?? 'NULL'
  // Grouped by position where there is a column; a constant NULL is no group of its own.
  const text = `SELECT date_trunc('${bucket}', at, 'UTC') AS bucket, ${key}::text AS key, count(*) AS events,
    percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS latency
    FROM ${table} WHERE ${conditions.join(' AND ')} GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${parameters.put(groupsMax)}`
  return { text, values: parameters.values }
}

class Parameters {
  readonly values: unknown[] = []

  put (value: unknown): string { return `$${this.values.push(value)}` }

  time (atMs: number): string { return `${this.put(new Date(atMs).toISOString())}::timestamptz` }

  /** One value or any of several; equality lets an index give its order. */
  oneOf (column: string, values: readonly (string | number)[]): string {
    if (values.length === 1) return `${column} = ${this.put(values[0])}`
    return `${column} = ANY(${this.put(values)})`
  }
}

function pageRange (filter: EventFilter, order: Order, after: PagePlace | undefined): EventFilter {
  if (after === undefined) return filter
  return order === 'asc' ? { ...filter, fromMs: Math.max(filter.fromMs, after.atMs) } : { ...filter, toMs: Math.min(filter.toMs, after.atMs + 1) }
}

function conditionsOf (filter: EventFilter, scope: Scope, parameters: Parameters): string[] {
  const conditions = [`at >= ${parameters.time(filter.fromMs)}`, `at < ${parameters.time(filter.toMs)}`]
  const among = (column: string, values: readonly (string | number)[] | undefined): void => {
    if (values !== undefined) conditions.push(parameters.oneOf(column, values))
  }
  among('source', filter.source)
  among('target', filter.target)
  among('capability', filter.capability)
  among('type', filter.type)
  among('decision', filter.decision)
  among('reason', filter.reason)
  among('priority', filter.priority)
  among('workflow_id', filter.workflow)
  among('dispatch_id', filter.dispatch)
  if (filter.outcome !== undefined) conditions.push(outcomeCondition(filter.outcome, parameters))
  if (filter.costMinMicros !== undefined) conditions.push(`(usage->>'costMicros')::bigint >= ${parameters.put(filter.costMinMicros)}`)
  if (filter.costMaxMicros !== undefined) conditions.push(`(usage->>'costMicros')::bigint <= ${parameters.put(filter.costMaxMicros)}`)
  if (filter.agent !== undefined && !isCovered(filter, scope)) {
    const own = [...scope as ReadonlySet<string>]
    conditions.push(`(${parameters.oneOf('source', own)} OR ${parameters.oneOf('target', own)})`)
  }
  return conditions
}

function outcomeCondition (outcomes: readonly string[], parameters: Parameters): string {
  const named = outcomes.filter(outcome => outcome !== 'none')
  if (named.length === outcomes.length) return parameters.oneOf('outcome', named)
  return named.length === 0 ? 'outcome IS NULL' : `(outcome IS NULL OR ${parameters.oneOf('outcome', named)})`
}

/** Whether the filter already keeps to the scope, so that the scope adds nothing. */
function isCovered ({ agent, source, target }: EventFilter, scope: Scope): boolean {
  if (scope === 'all') return true
  return [agent, source, target].some(names => names !== undefined && names.every(name => scope.has(name)))
}

/** The two sides of an event of which one must fit; undefined where that is not asked. */
function sidesOf (filter: EventFilter, scope: Scope, parameters: Parameters): { readonly source: string, readonly target: string } | undefined {
  const names = filter.agent ?? (isCovered(filter, scope) ? undefined : [...scope as ReadonlySet<string>])
  return names === undefined ? undefined : { source: parameters.oneOf('source', names), target: parameters.oneOf('target', names) }
}
