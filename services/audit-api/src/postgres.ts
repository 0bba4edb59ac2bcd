// Reads the archive in PostgreSQL.
//
// D1. Reads only: every connection is read-only by default, whatever its role may do. One query is one statement, with a bound
//     on its time, and takes one processor: no parallel workers.
// D2. A query whose caller went away is cancelled in PostgreSQL, from a connection kept for that. The connection it ran on is
//     closed, so that a late cancel can't reach another query.
// D3. A connection that showed an error is not used again.

import type { Logger } from '@mesh/runtime'
import pg from 'pg'
import type { Sql } from './core/event-sql.ts'
import { ApiError } from './errors.ts'

export interface ArchiveReader {
  rows<R extends object> (sql: Sql, signal: AbortSignal): Promise<R[]>
  /** The problem with reading the archive, or undefined. */
  problem (): Promise<string | undefined>
  close (): Promise<void>
}

export interface ArchiveReaderOptions {
  readonly databaseUrl: string
  readonly schema: string
  readonly connectionsMax: number
  readonly statementMs: number
  readonly logger: Logger
}

const connectMs = 5_000
/** Longer than PostgreSQL's own bound: only a connection that hangs gets here. */
const hangMs = 5_000
const tablesNeeded = ['events', 'queries']
const bigint = 20

export function openArchiveReader ({ databaseUrl, schema, connectionsMax, statementMs, logger }: ArchiveReaderOptions): ArchiveReader {
  const options = { connectionString: databaseUrl, connectionTimeoutMillis: connectMs, keepAlive: true, allowExitOnIdle: true }
  const pool = new pg.Pool({
    ...options, max: connectionsMax, statement_timeout: statementMs, query_timeout: statementMs + hangMs, application_name: 'mesh-audit-api',
    options: '-c default_transaction_read_only=on -c max_parallel_workers_per_gather=0 -c jit=off',
    types: { getTypeParser: ((oid: number, format?: 'text') => oid === bigint ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser }
  })
  const cancelPool = new pg.Pool({ ...options, max: 2, statement_timeout: connectMs, query_timeout: connectMs, application_name: 'mesh-audit-api-cancel' })
  for (const each of [pool, cancelPool]) each.on('error', error => logger.warn({ reason: error.message }, 'idle database connection lost'))

  async function cancel (client: pg.PoolClient): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number }
    await cancelPool.query('SELECT pg_cancel_backend($1)', [processID])
      .catch((error: Error) => logger.warn({ reason: error.message }, 'a query could not be cancelled; its time limit ends it'))
  }

  async function rows<R extends object> ({ text, values }: Sql, signal: AbortSignal): Promise<R[]> {
    if (signal.aborted) throw new ApiError('CANCELLED')
    const client = await pool.connect().catch(error => { throw readError(error, signal, statementMs) })
    // Without a listener an error between two statements would end the process; the next statement reports it.
    const onError = (): void => undefined
    client.on('error', onError)
    let cancelling: Promise<void> | undefined
    const onAbort = (): void => { cancelling = cancel(client) }
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    let isGood = false
    try {
      const result = await client.query<R>({ text, values: [...values] })
      isGood = !signal.aborted
      return result.rows
    } catch (error) {
      throw readError(error, signal, statementMs)
    } finally {
      signal.removeEventListener('abort', onAbort)
      await cancelling
      client.off('error', onError)
      client.release(!isGood)
    }
  }

  return {
    rows,
    async problem () {
      try {
        const { rows: [found] } = await pool.query<{ missing: string[] | null }>(
          'SELECT array_agg(name) AS missing FROM unnest($1::text[]) AS name WHERE to_regclass($2 || \'.\' || name) IS NULL', [tablesNeeded, schema])
        const missing = found?.missing ?? []
        return missing.length === 0 ? undefined : `${missing.join(', ')} in schema ${schema} is not there yet; the archiver makes it`
      } catch (error) {
        return (error as Error).message || String((error as { readonly code?: unknown }).code)
      }
    },
    async close () { await Promise.all([pool.end(), cancelPool.end()]) }
  }
}

function readError (error: unknown, signal: AbortSignal, statementMs: number): Error {
  const { code, message } = error as { readonly code?: unknown, readonly message?: string }
  const state = typeof code === 'string' ? code : ''
  if (signal.aborted) return new ApiError('CANCELLED')
  if (state === '57014' || message === 'Query read timeout') return new ApiError('QUERY_TIMEOUT', `The query took longer than ${statementMs} ms.`, { cause: error })
  if (['42P01', '3F000', '42703'].includes(state)) return new ApiError('UNAVAILABLE', 'The archive\'s tables are not there yet; the archiver makes them.', { cause: error })
  // A five-character state of another class is a question that PostgreSQL refuses: a fault of this code.
  const isAway = !/^[0-9A-Z]{5}$/.test(state) || /^(08|25006|53|55|57|58)/.test(state)
  return isAway ? new ApiError('UNAVAILABLE', 'The archive does not answer.', { cause: error }) : error as Error
}
