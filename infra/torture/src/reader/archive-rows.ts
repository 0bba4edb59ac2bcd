// The archive's rows and its own positions, by SQL alone.
import pg from 'pg'
import type { Archived, Progress } from '../core/history.ts'

const rowsMax = 5_000_000

async function withDatabase<T> (url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 60_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

export const archivedCount = (url: string): Promise<number> =>
  withDatabase(url, async client => Number((await client.query<{ count: string }>('select count(*) from mesh_audit.events')).rows[0]!.count))

export function archivedRows (url: string): Promise<Archived[]> {
  return withDatabase(url, async client => {
    const { rows } = await client.query<{ event_id: string, at_ms: string, decision: string, outcome: string | null, dispatch_id: string | null }>(
      `select event_id, (extract(epoch from at) * 1000)::bigint as at_ms, decision, outcome, dispatch_id from mesh_audit.events limit ${rowsMax}`)
    return rows.map(row => ({ kind: 'archived', eventId: row.event_id, atMs: Number(row.at_ms), decision: row.decision, outcome: row.outcome, id: row.dispatch_id }))
  })
}

/** How far the archiver says that it is, and what it could not archive. */
export function archiveProgress (url: string): Promise<Progress[]> {
  return withDatabase(url, async client => {
    const { rows } = await client.query<{ topic: string, partition: number, next_offset: string, updated_at: Date }>('select topic, partition, next_offset, updated_at from mesh_audit.progress')
    return rows.map(({ topic, partition, next_offset: nextOffset, updated_at: at }) => ({ kind: 'progress', of: `${topic}/${partition}`, nextOffset: Number(nextOffset), atMs: at.getTime() }))
  })
}
