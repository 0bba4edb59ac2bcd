// The indexes of days that were there before an index was added to `events`.
//
// I1. A migration makes an index on the parent alone, which takes a moment; here each day gets its part, one after the other,
//     with CREATE INDEX CONCURRENTLY: the day is written and read meanwhile.
// I2. A session's advisory lock: of two archivers one does it, the other leaves it alone.
// I3. A build that was broken off leaves an index that is not valid; it is dropped and built again.
// I4. Indexes that others replace are dropped only when those are complete.
// I5. It is no condition of archiving: what fails is logged and tried again at the next start.

import type { Logger } from '@mesh/runtime'
import pg from 'pg'

export interface IndexCompletionOptions {
  readonly databaseUrl: string
  readonly schema: string
  readonly logger: Logger
  readonly signal: AbortSignal
}

interface Missing { readonly index: string, readonly definition: string, readonly partition: string }

const completionLockId = 7_241_302
const connectMs = 5_000
/** How long a statement other than a build may wait for a lock: behind it, others would wait. */
const lockMs = 2_000

/** What replaces what: 0005_asking.sql. */
const replaced: Readonly<Record<string, string>> = { events_source: 'events_source_at', events_target: 'events_target_at' }

export async function completeIndexes ({ databaseUrl, schema, logger, signal }: IndexCompletionOptions): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: connectMs, keepAlive: true, application_name: 'mesh-archiver-indexes' })
  client.on('error', () => { /* the statement that runs says it */ })
  // What PostgreSQL is building then, it ends or leaves invalid (I3).
  const leave = (): void => { client.connection.stream.destroy() }
  signal.addEventListener('abort', leave)
  try {
    await client.connect()
    const { rows: [lock] } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS held', [completionLockId, schema])
    if (lock?.held !== true) return
    for (const missing of await missingParts(client, schema)) {
      if (signal.aborted) return
      await buildPart(client, schema, missing)
      logger.info(missing, 'index of a day is built')
    }
    for (const [old, by] of Object.entries(replaced)) await dropReplaced(client, { schema, old, by })
  } catch (error) {
    if (!signal.aborted) logger.warn({ reason: (error as Error).message }, 'indexes are not completed for now')
  } finally {
    signal.removeEventListener('abort', leave)
    await client.end().catch(() => undefined)
  }
}

/** Each index of the parent that a day has no valid part of. */
async function missingParts (client: pg.Client, schema: string): Promise<Missing[]> {
  const { rows } = await client.query<Missing>(
    `SELECT parent.relname AS index, pg_get_indexdef(parent.oid) AS definition, day.relname AS partition
     FROM pg_class events JOIN pg_namespace n ON n.oid = events.relnamespace AND n.nspname = $1
     JOIN pg_index i ON i.indrelid = events.oid AND NOT i.indisvalid JOIN pg_class parent ON parent.oid = i.indexrelid
     JOIN pg_inherits days ON days.inhparent = events.oid JOIN pg_class day ON day.oid = days.inhrelid
     WHERE events.relname = 'events' AND NOT EXISTS (
       SELECT FROM pg_inherits parts JOIN pg_index part ON part.indexrelid = parts.inhrelid
       WHERE parts.inhparent = parent.oid AND part.indrelid = day.oid)
     ORDER BY day.relname DESC, parent.relname`, [schema])
  return rows
}

async function buildPart (client: pg.Client, schema: string, { index, definition, partition }: Missing): Promise<void> {
  const name = `${partition}_${index.slice('events_'.length)}`
  const quotedSchema = pg.escapeIdentifier(schema)
  const part = `${quotedSchema}.${pg.escapeIdentifier(name)}`
  const { rows: [known] } = await client.query<{ valid: boolean }>('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [part])
  if (known?.valid === false) await client.query(`DROP INDEX CONCURRENTLY ${part}`)
  if (known?.valid !== true) {
    // It waits for every transaction that is open, and nobody waits behind it.
    await client.query('SET lock_timeout = 0')
    // What follows the table in the parent's own definition: method, columns, condition.
    const what = definition.slice(definition.indexOf(' USING '))
    await client.query(`CREATE INDEX CONCURRENTLY ${pg.escapeIdentifier(name)} ON ${quotedSchema}.${pg.escapeIdentifier(partition)}${what}`)
  }
  await client.query(`SET lock_timeout = ${lockMs}`)
  await client.query(`ALTER INDEX ${quotedSchema}.${pg.escapeIdentifier(index)} ATTACH PARTITION ${part}`)
}

async function dropReplaced (client: pg.Client, { schema, old, by }: { readonly schema: string, readonly old: string, readonly by: string }): Promise<void> {
  const qualified = (name: string): string => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`
  const { rows: [next] } = await client.query<{ valid: boolean }>('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [qualified(by)])
  if (next?.valid !== true) return
  await client.query(`SET lock_timeout = ${lockMs}`)
  await client.query(`DROP INDEX IF EXISTS ${qualified(old)}`)
}
