// What the hot tier still lacks, in PostgreSQL: where it is certain, whatever becomes of Redis and of the archiver.
//
// G1. A chunk's mark is made in the transaction that archives it, and taken away when the tier has it. What is in between (an archiver
//     that was killed, a Redis that was away) is therefore known, with the times to read again.
// G2. While Redis is away there is one mark a partition, that grows: marks are bounded, however long it takes.

import type { AuditEvent } from '@mesh/schemas'
import { eventOfRow, eventRowColumns, type EventRow } from '@mesh/hot-index'
import type { Connections, PoolClient } from './connections.ts'
import type { Chunk } from './core/chunk.ts'

export interface HotMark {
  readonly partition: number
  /** Where its chunk begins; -1 for many chunks. */
  readonly chunkOffset: number
  readonly fromOffset: number
  /** Null where its chunks held no event. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly version: number
  readonly isSettled: boolean
}

export interface HotMarks {
  /** In the transaction that archives the chunk. */
  make (client: PoolClient, chunk: Chunk, isAway: boolean): Promise<void>
  list (): Promise<HotMark[]>
  takeAway (written: readonly { readonly partition: number, readonly chunkOffset: number }[]): Promise<void>
  /** Only if it is as it was. */
  takeAwayUnchanged (client: PoolClient, mark: HotMark): Promise<void>
}

/** A mark that is younger may belong to a chunk that is just being written. */
const settledAfter = '2 seconds'
const fetchRows = 1_000

export function hotMarks (connections: Connections, schema: string, topic: string): HotMarks {
  return {
    async make (client, chunk, isAway) {
      const { fromMs, toMs } = timesOf(chunk.events)
      await client.query(
        `INSERT INTO ${schema}.hot_unwritten AS known (topic, partition, chunk_offset, from_offset, from_at, to_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (topic, partition, chunk_offset) DO UPDATE SET version = known.version + 1, from_offset = least(known.from_offset, excluded.from_offset),
           from_at = least(known.from_at, excluded.from_at), to_at = greatest(known.to_at, excluded.to_at), made_at = now()`,
        [topic, chunk.partition, isAway ? -1 : chunk.startOffset, chunk.startOffset, dateOf(fromMs), dateOf(toMs)])
    },
    list: () => connections.use(async client => {
      const { rows } = await client.query(
        `SELECT partition, chunk_offset, from_offset, from_at, to_at, version, chunk_offset < 0 OR made_at < now() - interval '${settledAfter}' AS is_settled
         FROM ${schema}.hot_unwritten WHERE topic = $1 ORDER BY to_at DESC NULLS FIRST`, [topic])
      return rows.map(row => ({
        partition: row.partition, chunkOffset: Number(row.chunk_offset), fromOffset: Number(row.from_offset), version: row.version, isSettled: row.is_settled,
        fromMs: row.from_at === null ? null : Number(row.from_at), toMs: row.to_at === null ? null : Number(row.to_at)
      }))
    }),
    takeAway: written => connections.use(async client => {
      await client.query(
        `DELETE FROM ${schema}.hot_unwritten WHERE topic = $1 AND (partition, chunk_offset) IN (SELECT * FROM unnest($2::int[], $3::bigint[]))`,
        [topic, written.map(({ partition }) => partition), written.map(({ chunkOffset }) => chunkOffset)])
    }),
    async takeAwayUnchanged (client, { partition, chunkOffset, version }) {
      await client.query(`DELETE FROM ${schema}.hot_unwritten WHERE topic = $1 AND partition = $2 AND chunk_offset = $3 AND version = $4`, [topic, partition, chunkOffset, version])
    }
  }
}

/** The archived events of a stretch of time, in pieces; inside a transaction of the client's. */
export async function* eventsBetween (client: PoolClient, schema: string, fromMs: number, toMs: number): AsyncGenerator<AuditEvent[]> {
  await client.query({
    text: `DECLARE hot_events NO SCROLL CURSOR FOR SELECT ${eventRowColumns} FROM ${schema}.events WHERE at >= '${new Date(fromMs).toISOString()}' AND at < '${new Date(toMs).toISOString()}'`
  })
  for (;;) {
    const { rows } = await client.query<EventRow & Record<string, never>>(`FETCH ${fetchRows} FROM hot_events`)
    if (rows.length === 0) break
    yield rows.map(eventOfRow)
  }
  await client.query('CLOSE hot_events')
}

function timesOf (events: readonly AuditEvent[]): { readonly fromMs: number | null, readonly toMs: number | null } {
  // In canonical order, so sorted by time.
  return { fromMs: events[0]?.atMs ?? null, toMs: events.at(-1)?.atMs ?? null }
}

const dateOf = (atMs: number | null): Date | null => atMs === null ? null : new Date(atMs)
