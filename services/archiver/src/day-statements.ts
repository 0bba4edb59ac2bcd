// The positions of each day's ingress records, told in a signed statement when they change no more: so that completeness can be
// asked after the topics have lost the day, without believing the tables.
//
// D1. A day is told once, in the transaction that signs it; the statements themselves are what tells that it was.
// D2. Not before every partition was counted beyond its end (`isSettled`), those in which nothing comes, too: what is signed is final.

import { digestOf, isSettled, type DayPositions } from '@mesh/completeness'
import { ingressDayStatement, type Json } from '@mesh/evidence'
import type { PoolClient } from './connections.ts'

/** Days that one checkpoint tells at most; the others come with the next. */
const daysAtOnceMax = 40

export async function dayStatements (client: PoolClient, schema: string): Promise<Json[]> {
  const { rows: [counted] } = await client.query<{ until: Date | null, behind: string }>(
    `SELECT min(counted_until) AS until, count(*) FILTER (WHERE counted_until IS NULL) AS behind FROM ${schema}.ingress_progress`)
  const until = counted?.until ?? null
  if (until === null || Number(counted?.behind) > 0) return []
  const { rows } = await client.query<{ day: string }>(`SELECT DISTINCT day::text AS day FROM ${schema}.ingress_days d
    WHERE NOT EXISTS (SELECT 1 FROM ${schema}.statements WHERE body LIKE '{"day":%' AND left(body, 20) = '{"day":"' || d.day || '",')
    ORDER BY 1 LIMIT ${daysAtOnceMax}`)
  const days = rows.map(({ day }) => day).filter(day => isSettled(day, until.getTime()))
  const statements: Json[] = []
  for (const day of days) statements.push(ingressDayStatement({ day, partitions: await positionsOf(client, schema, day) }))
  return statements
}

interface DayRow {
  readonly topic: string
  readonly partition: number
  readonly first_offset: string
  readonly last_offset: string
  readonly records: string
  readonly run_from: string
  readonly closed_digest: string
}

async function positionsOf (client: PoolClient, schema: string, day: string) {
  const { rows } = await client.query<DayRow>(
    `SELECT topic, partition, first_offset, last_offset, records, run_from, closed_digest FROM ${schema}.ingress_days WHERE day = $1`, [day])
  return rows.map(({ topic, partition, ...row }) => {
    const last: Pick<DayPositions, 'closedDigest' | 'runFrom' | 'lastOffset'> = { closedDigest: row.closed_digest, runFrom: Number(row.run_from), lastOffset: Number(row.last_offset) }
    return { topic, partition, firstOffset: Number(row.first_offset), lastOffset: last.lastOffset, records: Number(row.records), digest: digestOf(last) }
  })
}
