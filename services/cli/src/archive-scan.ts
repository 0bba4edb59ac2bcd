// Reads long stretches of the archive, row by row.
//
// Invariants:
//   S1. Reads only, in one read-only transaction: all that is read is of one moment.
//   S2. Memory holds one fetch of `rowsPerFetch` rows; a reader that is slow holds back the database, not memory.
//   S3. Each statement is bounded in time.
import pg from 'pg'
import { explained, unreachable } from './archive.ts'

const connectMsMax = 5_000
/** Of one fetch; the first one sorts or finds all. */
const statementMsMax = 300_000
const rowsPerFetch = 5_000

export interface ArchiveScan {
  rows<R extends pg.QueryResultRow> (text: string, values: readonly unknown[]): Promise<R[]>
  /** One cursor at a time. */
  stream<R extends pg.QueryResultRow> (text: string, values: readonly unknown[]): AsyncGenerator<readonly R[]>
  readonly schema: string
  close (): Promise<void>
}

export async function openArchiveScan ({ databaseUrl, auditSchema }: { readonly databaseUrl: string, readonly auditSchema: string }): Promise<ArchiveScan> {
  const client = new pg.Client({
    connectionString: databaseUrl, application_name: 'mesh-cli', connectionTimeoutMillis: connectMsMax, statement_timeout: statementMsMax, query_timeout: statementMsMax
  })
  // A connection that breaks while idle is told by the next query.
  client.on('error', () => { /* see above */ })
  try {
    await client.connect()
  } catch (error) {
    throw unreachable(databaseUrl, error)
  }
  const rows = async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<R[]> => {
    try {
      return (await client.query<R>(text, [...values])).rows
    } catch (error) {
      throw explained(error, databaseUrl, auditSchema)
    }
  }
  await rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', [])
  return {
    rows,
    async* stream<R extends pg.QueryResultRow> (text: string, values: readonly unknown[]) {
      await rows(`DECLARE mesh_scan NO SCROLL CURSOR FOR ${text}`, values)
      for (;;) {
        const some = await rows<R>(`FETCH ${rowsPerFetch} FROM mesh_scan`, [])
        if (some.length > 0) yield some
        if (some.length < rowsPerFetch) break
      }
      await rows('CLOSE mesh_scan', [])
    },
    schema: pg.escapeIdentifier(auditSchema),
    close: () => client.end()
  }
}

/** From here on the scan sees what was archived meanwhile, and the database may forget what it kept for it. */
export async function archivedMomentAnew (archive: ArchiveScan): Promise<void> {
  await archive.rows('COMMIT', [])
  await archive.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', [])
}
