// The archive in PostgreSQL: one transaction writes a chunk's rows and moves its partition's progress.
//
// D1. The progress row is locked first and compared with the chunk's start: two archivers can't both move it, and a zombie's
//     chunk is refused. A commit whose answer was lost shows as moved when it is tried again.
// D2. Which events of a chunk are known is asked first; the others get the next places in their partition's log (audit-log.ts) and go
//     by COPY into the days' partitions. Nobody else writes this partition's events meanwhile (D1); if a row is there all the same,
//     its key refuses it and the chunk is tried again.
// D3. Changes, alerts and queries are few: one statement of parameters, leaving out ids that are there.
// D4. What PostgreSQL refuses because of the data itself is an answer; everything else is thrown, to be tried again.

import { finished } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { appendLeaves, lockedLog } from './audit-log.ts'
import { openConnections, type ConnectionOptions, type PoolClient } from './connections.ts'
import { alertColumns } from './core/alert-columns.ts'
import { changeColumns, type RowColumn } from './core/change-columns.ts'
import { rowCountOf, type Chunk } from './core/chunk.ts'
import type { AuditEvent } from '@mesh/schemas'
import { dayOf, daysNeeded, partitionName } from './core/days.ts'
import { cellsOf, copyLine, eventColumns, type EventCells, withoutNul } from './core/event-columns.ts'
import { eventLeaf } from './core/event-leaf.ts'
import { queryColumns } from './core/query-columns.ts'
import { dayPartitions } from './day-partitions.ts'
import type { AppendResult } from './pipeline.ts'

export interface ArchiveOptions extends ConnectionOptions {
  readonly schema: string
  readonly nowMs: () => number
  /** In the transaction that archives a chunk, before its commit. */
  readonly alongside?: (client: PoolClient, chunk: Chunk) => Promise<void>
}

export interface Archive {
  append (chunk: Chunk): Promise<AppendResult>
  /** Where the partition is to be read on; the first call makes its row, at offset 0. */
  nextOffset (topic: string, partition: number): Promise<number>
  /** The problem with reaching the database, or undefined. */
  problem (): Promise<string | undefined>
  close (): Promise<void>
}

const copyTextChars = 256 * 1024
const checkViolation = '23514'
const uniqueViolation = '23505'
const undefinedTable = '42P01'
const columns = [...eventColumns.map(column => column.name), 'log', 'leaf_index'].join(', ')

export function openArchive (options: ArchiveOptions): Archive {
  const { schema } = options
  const connections = openConnections(options)
  const partitions = dayPartitions(connections, schema)
  return {
    async append (chunk) {
      await partitions.ensure(daysNeeded(options.nowMs(), chunk.events.map(event => event.atMs)))
      try {
        return await connections.use(client => appendOnce(client, chunk, options))
      } catch (error) {
        const code = sqlState(error)
        if (isPartitionMissing(error)) partitions.forget()
        else if (isAboutData(code) && code !== uniqueViolation && rowCountOf(chunk) > 0) return { outcome: 'refused', detail: `PostgreSQL error ${code}` }
        throw error
      }
    },
    nextOffset: (topic, partition) => connections.use(async client => {
      await client.query(`INSERT INTO ${schema}.progress (topic, partition, next_offset) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, [topic, partition])
      const { rows } = await client.query<{ next_offset: string }>(`SELECT next_offset FROM ${schema}.progress WHERE topic = $1 AND partition = $2`, [topic, partition])
      return Number(rows[0]?.next_offset ?? 0)
    }),
    problem: () => connections.use(client => client.query('SELECT 1')).then(() => undefined, (error: Error) => error.message || sqlState(error)),
    close: connections.close
  }
}

async function appendOnce (client: PoolClient, chunk: Chunk, { schema, alongside }: ArchiveOptions): Promise<AppendResult> {
  const { topic, partition, startOffset, nextOffset, rejections } = chunk
  await client.query('BEGIN')
  const { rows } = await client.query<{ next_offset: string }>(`SELECT next_offset FROM ${schema}.progress WHERE topic = $1 AND partition = $2 FOR UPDATE`, [topic, partition])
  const isAtOffset = Number(rows[0]?.next_offset ?? -1)
  if (isAtOffset !== startOffset) {
    await client.query('ROLLBACK')
    return { outcome: 'moved', nextOffset: isAtOffset }
  }
  const insertedEvents = chunk.events.length === 0 ? 0 : await insertEvents(client, chunk, schema)
  const insertedChanges = await insertRows(client, `${schema}.changes`, changeColumns, chunk.changes)
  const insertedAlerts = await insertRows(client, `${schema}.alerts`, alertColumns, chunk.alerts)
  const insertedQueries = await insertRows(client, `${schema}.queries`, queryColumns, chunk.queries)
  const insertedRows = insertedEvents + insertedChanges + insertedAlerts + insertedQueries
  if (rejections.length > 0) await insertRejections(client, chunk, schema)
  await alongside?.(client, chunk)
  await client.query(
    `UPDATE ${schema}.progress SET next_offset = $3, archived_events = archived_events + $4, restated_events = restated_events + $5,
     rejected_records = rejected_records + $6, updated_at = now() WHERE topic = $1 AND partition = $2`,
    [topic, partition, nextOffset, insertedRows, chunk.restatedEvents, rejections.length])
  await client.query('COMMIT')
  return { outcome: 'stored', insertedRows }
}

async function insertEvents (client: PoolClient, { partition, events }: Chunk, schema: string): Promise<number> {
  const known = await knownEvents(client, events, schema)
  const fresh = events.filter(event => !known.has(rowKey(withoutNul(event.eventId), event.atMs)))
  if (fresh.length === 0) return 0
  const log = await lockedLog(client, schema, partition)
  const copy = client.query(copyFrom(`COPY ${schema}.events (${columns}) FROM STDIN`))
  const done = finished(copy)
  const rows = fresh.map(cellsOf)
  for (const text of copyTexts(rows, partition, log.size)) copy.write(text)
  copy.end()
  await done
  await appendLeaves(client, schema, log, rows.map(eventLeaf))
  return fresh.length
}

const rowKey = (eventId: string, atMs: number): string => `${atMs}/${eventId}`

/** Asked for each day in its own table: nothing has to be planned over all days. */
async function knownEvents (client: PoolClient, events: readonly AuditEvent[], schema: string): Promise<Set<string>> {
  const known = new Set<string>()
  for (const [day, ofDay] of Map.groupBy(events, event => dayOf(event.atMs))) {
    const { rows } = await client.query<{ event_id: string, at: Date }>(
      `SELECT event_id, at FROM ${schema}.${partitionName(day)} WHERE event_id = ANY ($1)`, [ofDay.map(({ eventId }) => withoutNul(eventId))])
    for (const { event_id: eventId, at } of rows) known.add(rowKey(eventId, at.getTime()))
  }
  return known
}

/** The rows' text in pieces, so that no single string grows to the size of the chunk. */
function* copyTexts (rows: readonly EventCells[], log: number, firstIndex: number): Generator<string> {
  let text = ''
  for (const [i, cells] of rows.entries()) {
    text += copyLine(cells, log, firstIndex + i)
    if (text.length < copyTextChars) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

async function insertRows<T> (client: PoolClient, table: string, columns: readonly RowColumn<T>[], rows: readonly T[]): Promise<number> {
  if (rows.length === 0) return 0
  const cells = columns.map(({ cell }) => rows.map(cell))
  const names = columns.map(({ name }) => name).join(', ')
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')
  const { rowCount } = await client.query(`INSERT INTO ${table} (${names}) SELECT * FROM unnest(${arrays}) ON CONFLICT DO NOTHING`, cells)
  return rowCount ?? 0
}

async function insertRejections (client: PoolClient, { topic, partition, rejections }: Chunk, schema: string): Promise<void> {
  const details = rejections.map(({ detail }) => detail.replaceAll('\u0000', '\uFFFD'))
  await client.query(
    `INSERT INTO ${schema}.rejected (topic, partition, record_offset, reason, detail)
     SELECT $1, $2, record_offset, reason, detail FROM unnest($3::bigint[], $4::text[], $5::text[]) AS r (record_offset, reason, detail) ON CONFLICT DO NOTHING`,
    [topic, partition, rejections.map(({ offset }) => offset), rejections.map(({ reason }) => reason), details])
}

function sqlState (error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** PostgreSQL has one code for a row without a partition and for a row that a constraint refuses; only the latter names the constraint. */
function isPartitionMissing (error: unknown): boolean {
  if (sqlState(error) === undefinedTable) return true
  return sqlState(error) === checkViolation && (error as { readonly constraint?: string }).constraint === undefined
}

/** Classes 22 and 23: the value itself is what is wrong. Everything else may pass. */
function isAboutData (code: string): boolean {
  return /^2[23][0-9A-Z]{3}$/.test(code)
}
