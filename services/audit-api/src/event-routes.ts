// Search, aggregates and export of events.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { aggregateAnswer, refusals, searchAnswer } from './answers.ts'
import type { Answer, Asked, Asking } from './asking.ts'
import { csvHeading, csvLine } from './core/csv.ts'
import { eventItem, timeText, type EventRow } from './core/event-fields.ts'
import { seesNothing, type EventFilter } from './core/event-filter.ts'
import { aggregateSql, searchSql, type PagePlace } from './core/event-sql.ts'
import { timeRange, type TimeRange } from './core/time-range.ts'
import { questionDigest, readCursor, writeCursor } from './cursor.ts'
import { ApiError } from './errors.ts'
import { aggregateQuery, exportQuery, searchQuery, toFilter, type FilterQuery } from './event-query.ts'
import type { ArchiveReader } from './postgres.ts'

export interface EventRoutePorts {
  readonly asking: Asking
  readonly archive: Pick<ArchiveReader, 'rows'>
  /** The events' table, with its schema. */
  readonly table: string
  readonly rangeDaysMax: number
  readonly exportRowsMax: number
  nowMs (): number
}

interface AggregateRow { readonly bucket: Date, readonly key: string | null, readonly events: number, readonly latency: readonly [number, number, number] }

const groupsMax = 10_000
const exportPageRows = 1_000

export function addEventRoutes (app: FastifyInstance, ports: EventRoutePorts): void {
  const { asking } = ports
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.get('/events', {
    schema: { summary: 'Search events; pages by cursor', querystring: searchQuery, response: { 200: searchAnswer, ...refusals } }
  }, (request, reply) => asking.answer(request, reply, shown(request), asked => search(request.query, asked, ports)))

  typed.get('/aggregates', {
    schema: { summary: 'Counts and latencies by hour or day, and by one field', querystring: aggregateQuery, response: { 200: aggregateAnswer, ...refusals } }
  }, (request, reply) => asking.answer(request, reply, shown(request), asked => aggregate(request.query, asked, ports)))

  typed.get('/export', {
    schema: { summary: 'All events of a range as a stream, oldest first', querystring: exportQuery, response: refusals }
  }, async (request, reply) => {
    const { format, ...fields } = request.query
    const filter = toFilter(fields, rangeOf(fields, ports))
    const stream = await asking.stream(request, reply, shown(request), asked => exported(filter, format, asked, ports))
    const end = format === 'csv' ? 'csv' : 'ndjson'
    void reply.header('content-disposition', `attachment; filename="events.${end}"`).type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
    // A stream is sent as it is; no schema describes it.
    return reply.send(stream as never)
  })
}

/** What is recorded of a question: its fields as they were asked. */
const shown = ({ query }: FastifyRequest): unknown => query

function rangeOf ({ from, to }: FilterQuery, { nowMs, rangeDaysMax }: EventRoutePorts): TimeRange {
  const range = timeRange({ fromMs: from, toMs: to }, nowMs(), rangeDaysMax)
  if ('code' in range) throw new ApiError(range.code, `${range.field}: ${range.message}.`, { problems: [{ field: range.field, message: range.message }] })
  return range
}

async function search (query: FilterQuery & { readonly order: 'asc' | 'desc', readonly limit: number, readonly cursor?: string | undefined }, { scope, signal }: Asked, ports: EventRoutePorts) {
  const { cursor, limit, ...question } = query
  const { order, ...fields } = question
  const digest = questionDigest(question)
  const { range, after } = cursor === undefined ? { range: rangeOf(fields, ports), after: undefined } : inBounds(readCursor(cursor, digest), fields, ports)
  // One more than the page, to know whether there is another.
  const sql = searchSql(ports.table, toFilter(fields, range), scope, { order, after, rowsMax: limit + 1 })
  const rows = seesNothing(scope) ? [] : await ports.archive.rows<EventRow>(sql, signal)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  const next = last === undefined ? null : writeCursor(digest, range, { atMs: (last.at as Date).getTime(), eventId: last.event_id as string })
  return { rows: page.length, body: { ...shownRange(range), events: page.map(eventItem), next } }
}

/** A cursor is no way around the bound on time. */
function inBounds (read: { readonly range: TimeRange, readonly after: PagePlace }, { from, to }: FilterQuery, ports: EventRoutePorts) {
  const isOther = (from !== undefined && from !== read.range.fromMs) || (to !== undefined && to !== read.range.toMs)
  rangeOf({ from: read.range.fromMs, to: read.range.toMs } as FilterQuery, ports)
  if (isOther) throw new ApiError('CURSOR_INVALID', undefined, { problems: [{ field: 'cursor', message: 'belongs to another range' }] })
  return read
}

async function aggregate (query: FilterQuery & { readonly bucket: 'hour' | 'day', readonly by?: NonNullable<Parameters<typeof aggregateSql>[3]['by']> | undefined }, { scope, signal }: Asked, ports: EventRoutePorts): Promise<Answer<ReturnType<typeof aggregateBody>>> {
  const { bucket, by, ...fields } = query
  const range = rangeOf(fields, ports)
  const sql = aggregateSql(ports.table, toFilter(fields, range), scope, { bucket, by, groupsMax: groupsMax + 1 })
  const rows = seesNothing(scope) ? [] : await ports.archive.rows<AggregateRow>(sql, signal)
  if (rows.length > groupsMax) throw new ApiError('RANGE_TOO_LARGE', `There are more than ${groupsMax} groups.`, { problems: [{ field: 'by', message: `gives more than ${groupsMax} groups` }] })
  return { rows: rows.length, body: aggregateBody(rows, { ...shownRange(range), bucket, by: by ?? null }) }
}

function aggregateBody<H extends object> (rows: readonly AggregateRow[], head: H) {
  const groups = rows.map(({ bucket, key, events, latency: [p50, p95, p99] }) => ({ at: timeText(bucket) ?? '', key, events, latencyMs: { p50: Number(p50), p95: Number(p95), p99: Number(p99) } }))
  return { ...head as { from: string, to: string, bucket: string, by: string | null }, groups }
}

const shownRange = ({ fromMs, toMs }: TimeRange) => ({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })

/** Page by page, each asked for when the one before is on its way: memory is bounded by a page, and no transaction stays open. */
async function* exported (filter: EventFilter, format: 'ndjson' | 'csv', { scope, signal }: Asked, { archive, table, exportRowsMax }: EventRoutePorts) {
  const line = format === 'csv' ? csvLine : (row: EventRow) => `${JSON.stringify(eventItem(row))}\n`
  if (format === 'csv') yield { text: csvHeading, rows: 0 }
  let after: PagePlace | undefined
  for (let rowsBefore = 0; !seesNothing(scope);) {
    const rows = await archive.rows<EventRow>(searchSql(table, filter, scope, { order: 'asc', after, rowsMax: exportPageRows }), signal)
    if (rowsBefore + rows.length > exportRowsMax) throw new ApiError('EXPORT_BOUNDED')
    const last = rows.at(-1)
    if (last === undefined) return
    yield { text: rows.map(line).join(''), rows: rows.length }
    if (rows.length < exportPageRows) return
    rowsBefore += rows.length
    after = { atMs: (last.at as Date).getTime(), eventId: last.event_id as string }
  }
}
