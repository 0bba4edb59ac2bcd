// Reads the audit archive in PostgreSQL.
//
// Invariants:
//   A1. Reads only, and each query is bounded in rows and in time.
import pg from 'pg'
import { archivedColumns, type ArchivedEvent, type ArchivedRow, toArchivedEvent } from '@mesh/trace'
import { storyColumns, toWhyEvent, type StoryRow } from './archived-story.ts'
import type { ArchivedHold } from './core/hold-rows.ts'
import type { WhyEvent } from './core/why.ts'
import { CliError } from './errors.ts'

export const eventsMax = 20_000
const connectMsMax = 5_000
const queryMsMax = 15_000

export interface Archive {
  /** The workflow with this id, or the one that a dispatch with this id belongs to. */
  workflowOf (id: string): Promise<string | undefined>
  /** At most `eventsMax`, oldest first. */
  eventsOf (workflowId: string): Promise<ArchivedEvent[]>
  /** Events of a dispatch, and of what answers it or is about it; at most `eventsMax`. */
  storyOf (dispatchId: string): Promise<WhyEvent[]>
  /** Where each partition of a topic is archived to. */
  archivedTo (topic: string): Promise<Map<number, number>>
  /** The newest change of each legal hold; released ones too. */
  holds (): Promise<ArchivedHold[]>
  hasChange (changeId: string): Promise<boolean>
  /** Whether anything of a workflow is older. */
  hasOlder (workflowId: string, sinceMs: number): Promise<boolean>
  close (): Promise<void>
}

export async function openArchive (options: { readonly databaseUrl: string, readonly auditSchema: string }): Promise<Archive> {
  const { databaseUrl, auditSchema } = options
  const client = new pg.Client({
    connectionString: databaseUrl, application_name: 'mesh-cli', connectionTimeoutMillis: connectMsMax, statement_timeout: queryMsMax, query_timeout: queryMsMax
  })
  // A connection that breaks while idle is told by the next query.
  client.on('error', () => { /* see above */ })
  try {
    await client.connect()
  } catch (error) {
    throw unreachable(databaseUrl, error)
  }
  const schema = pg.escapeIdentifier(auditSchema)
  const table = `${schema}.events`
  const query = async <R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> => {
    try {
      return (await client.query<R>(text, values)).rows
    } catch (error) {
      throw explained(error, databaseUrl, auditSchema)
    }
  }
  return {
    async workflowOf (id) {
      const [found] = await query<{ workflow_id: string }>(`(SELECT workflow_id FROM ${table} WHERE workflow_id = $1 LIMIT 1)
        UNION ALL (SELECT workflow_id FROM ${table} WHERE dispatch_id = $1 AND workflow_id IS NOT NULL ORDER BY at LIMIT 1) LIMIT 1`, [id])
      return found?.workflow_id
    },
    async eventsOf (workflowId) {
      const rows = await query<ArchivedRow & pg.QueryResultRow>(`SELECT ${archivedColumns} FROM ${table} WHERE workflow_id = $1 AND dispatch_id IS NOT NULL ORDER BY at, event_id LIMIT ${eventsMax}`, [workflowId])
      return rows.map(toArchivedEvent)
    },
    async storyOf (dispatchId) {
      // Answers are in the workflow of their request, which has an index.
      const rows = await query<StoryRow & pg.QueryResultRow>(`SELECT ${storyColumns} FROM ${table} WHERE dispatch_id = $1
        UNION ALL SELECT ${storyColumns} FROM ${table} WHERE workflow_id IN (SELECT workflow_id FROM ${table} WHERE dispatch_id = $1 AND workflow_id IS NOT NULL)
          AND in_reply_to = $1 AND dispatch_id IS DISTINCT FROM $1
        ORDER BY at, event_id LIMIT ${eventsMax}`, [dispatchId])
      return rows.map(toWhyEvent)
    },
    async archivedTo (topic) {
      const rows = await query<{ partition: number, next_offset: string }>(`SELECT partition, next_offset FROM ${schema}.progress WHERE topic = $1`, [topic])
      return new Map(rows.map(row => [row.partition, Number(row.next_offset)]))
    },
    async holds () {
      const rows = await query<Omit<ArchivedHold, 'atMs'> & { at: Date }>(
        `SELECT DISTINCT ON (entity) entity, after, who, why, at FROM ${schema}.changes WHERE entity LIKE 'hold/%' ORDER BY entity, at DESC, change_id DESC LIMIT ${eventsMax}`, [])
      return rows.map(({ at, ...hold }) => ({ ...hold, atMs: Number(at) }))
    },
    async hasChange (changeId) {
      return (await query(`SELECT 1 FROM ${schema}.changes WHERE change_id = $1`, [changeId])).length > 0
    },
    async hasOlder (workflowId, sinceMs) {
      return (await query(`SELECT 1 FROM ${table} WHERE workflow_id = $1 AND at < $2 LIMIT 1`, [workflowId, new Date(sinceMs)])).length > 0
    },
    close: () => client.end()
  }
}

export function explained (error: unknown, databaseUrl: string, auditSchema: string): unknown {
  const { code } = error as pg.DatabaseError
  const isMissing = code === '42P01' || code === '3F000' || code === '42703'
  if (isMissing) return new CliError('ARCHIVE_MISSING', `There is no audit archive in schema ${auditSchema} of ${placeOf(databaseUrl)}.`, { cause: error })
  return unreachable(databaseUrl, error)
}

export function unreachable (databaseUrl: string, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException
  return new CliError('ARCHIVE_UNREACHABLE', `PostgreSQL does not answer at ${placeOf(databaseUrl)}: ${message || code}.`, { cause: error })
}

// Without user and password.
function placeOf (databaseUrl: string): string {
  try {
    const { hostname, port, pathname } = new URL(databaseUrl)
    return `${hostname}:${port || 5432}${pathname}`
  } catch {
    return 'DATABASE_URL'
  }
}
