// The counts of committed ingress records in PostgreSQL.
//
// I1. Counts, positions, what is missing and where to count on change in one transaction. The progress rows are locked first and
//     compared with where the round begins; a round that begins elsewhere is refused whole (`moved`). So no kill and no second
//     archiver counts anything twice, or leaves anything out.
// I2. What is missing is listed up to `missingMax`; at the bound the gauge stays there, and `mesh audit completeness` counts on.

import { dayOf, gapsKeptMax, takePositions, type DayPositions, type PositionGap } from '@mesh/completeness'
import type { Connections, PoolClient } from './connections.ts'
import { timesOf, type CountedPart, type CountedRecord } from './core/counting-round.ts'

export interface Place { readonly topic: string, readonly partition: number }

export interface IngressCounts {
  /** Whether this archiver is the one that counts, for the next `leaseMs`. */
  lease (holder: string, leaseMs: number): Promise<boolean>
  release (holder: string): Promise<void>
  /** Where each partition is to be counted on; one that is new begins at its low offset. */
  positions (places: readonly (Place & { readonly low: number })[]): Promise<Map<string, number>>
  archivedTo (topic: string): Promise<Map<number, number>>
  /** Every partition was counted to an end that lay behind this time. */
  reached (atMs: number): Promise<void>
  take (parts: readonly CountedPart[]): Promise<TakeResult>
  /** Takes out what has come meanwhile; answers how many are still missing. */
  stillMissing (): Promise<number>
}

export type TakeResult = { readonly outcome: 'taken', readonly records: number, readonly missing: number } | { readonly outcome: 'moved' }

export const missingMax = 100_000
const recheckedMax = 1_000
/** Of partitions in which nothing comes; it only decides how soon a day is known to be over. */
const reachedEveryMinutes = 10
export const placeKey = ({ topic, partition }: Place): string => `${topic}/${partition}`
const iso = (atMs: number): string => new Date(atMs).toISOString()

export function ingressCounts (connections: Connections, schema: string): IngressCounts {
  return {
    lease: (holder, leaseMs) => connections.use(async client => {
      const { rowCount } = await client.query(`INSERT INTO ${schema}.ingress_counter AS c (held_by, lease_until) VALUES ($1, now() + $2 * interval '1 ms')
        ON CONFLICT (is_only) DO UPDATE SET held_by = $1, lease_until = excluded.lease_until WHERE c.held_by = $1 OR c.lease_until < now()`, [holder, leaseMs])
      return rowCount === 1
    }),
    release: holder => connections.use(async client => { await client.query(`DELETE FROM ${schema}.ingress_counter WHERE held_by = $1`, [holder]) }),
    positions: places => connections.use(async client => {
      await client.query(`INSERT INTO ${schema}.ingress_progress (topic, partition, first_offset, next_offset)
        SELECT topic, partition, low, low FROM unnest($1::text[], $2::int[], $3::bigint[]) AS p (topic, partition, low) ON CONFLICT DO NOTHING`,
      [places.map(({ topic }) => topic), places.map(({ partition }) => partition), places.map(({ low }) => low)])
      const { rows } = await client.query<{ topic: string, partition: number, next_offset: string }>(`SELECT topic, partition, next_offset FROM ${schema}.ingress_progress`)
      return new Map(rows.map(row => [placeKey(row), Number(row.next_offset)]))
    }),
    archivedTo: topic => connections.use(async client => {
      const { rows } = await client.query<{ partition: number, next_offset: string }>(`SELECT partition, next_offset FROM ${schema}.progress WHERE topic = $1`, [topic])
      return new Map(rows.map(row => [row.partition, Number(row.next_offset)]))
    }),
    reached: atMs => connections.use(async client => {
      await client.query(`UPDATE ${schema}.ingress_progress SET counted_until = $1
        WHERE counted_until IS NULL OR counted_until < $1::timestamptz - interval '${reachedEveryMinutes} minutes'`, [iso(atMs)])
    }),
    take: parts => connections.use(client => takeOnce(client, schema, parts)),
    stillMissing: () => connections.use(async client => {
      await client.query(`DELETE FROM ${schema}.ingress_missing AS m USING (SELECT * FROM ${schema}.ingress_missing ORDER BY found_out_at LIMIT ${recheckedMax}) AS oldest
        WHERE m.topic = oldest.topic AND m.partition = oldest.partition AND m.record_offset = oldest.record_offset
          AND EXISTS (SELECT 1 FROM ${schema}.events WHERE event_id = oldest.topic || '/' || oldest.partition || '/' || oldest.record_offset)`)
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${schema}.ingress_missing`)
      return Number(rows[0]?.count ?? 0)
    })
  }
}

async function takeOnce (client: PoolClient, schema: string, parts: readonly CountedPart[]): Promise<TakeResult> {
  await client.query('BEGIN')
  if (!await isWhereWeAre(client, schema, parts)) {
    await client.query('ROLLBACK')
    return { outcome: 'moved' }
  }
  const found = await admitted(client, schema, parts)
  const missing = parts.flatMap(({ topic, partition, records }) => records.map(record => ({ topic, partition, ...record })).filter(record => !found.has(`${placeKey(record)}/${record.offset}`)))
  if (missing.length > 0) await insertMissing(client, schema, missing.slice(0, missingMax))
  await writeDays(client, schema, parts)
  await client.query(`UPDATE ${schema}.ingress_progress AS p SET next_offset = n.next_offset, counted_until = greatest(p.counted_until, n.until)
    FROM unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) AS n (topic, partition, next_offset, until) WHERE p.topic = n.topic AND p.partition = n.partition`,
  [parts.map(({ topic }) => topic), parts.map(({ partition }) => partition), parts.map(({ nextOffset }) => nextOffset),
    parts.map(({ countedUntilMs }) => countedUntilMs === null ? null : iso(countedUntilMs))])
  await client.query('COMMIT')
  return { outcome: 'taken', records: parts.reduce((sum, { records }) => sum + records.length, 0), missing: missing.length }
}

async function isWhereWeAre (client: PoolClient, schema: string, parts: readonly CountedPart[]): Promise<boolean> {
  const { rows } = await client.query<{ topic: string, partition: number, next_offset: string }>(
    `SELECT topic, partition, next_offset FROM ${schema}.ingress_progress ORDER BY topic, partition FOR UPDATE`)
  const at = new Map(rows.map(row => [placeKey(row), Number(row.next_offset)]))
  return parts.every(part => at.get(placeKey(part)) === part.startOffset)
}

/** Ids of the admissions that the archive has from the time of the round. */
async function admitted (client: PoolClient, schema: string, parts: readonly CountedPart[]): Promise<Set<string>> {
  const times = timesOf(parts)
  if (times === undefined) return new Set()
  const { rows } = await client.query<{ event_id: string }>(`SELECT event_id FROM ${schema}.events WHERE appended_at >= $1 AND appended_at <= $2
    AND event_id = ingress_topic || '/' || ingress_partition || '/' || ingress_offset`, [iso(times.fromMs), iso(times.toMs)])
  return new Set(rows.map(row => row.event_id))
}

async function insertMissing (client: PoolClient, schema: string, missing: readonly (Place & CountedRecord)[]): Promise<void> {
  await client.query(`INSERT INTO ${schema}.ingress_missing (topic, partition, record_offset, appended_at)
    SELECT topic, partition, record_offset, at FROM unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) AS m (topic, partition, record_offset, at)
    WHERE (SELECT count(*) FROM ${schema}.ingress_missing) < ${missingMax} ON CONFLICT DO NOTHING`,
  [missing.map(({ topic }) => topic), missing.map(({ partition }) => partition), missing.map(({ offset }) => offset),
    missing.map(({ appendedAtMs }) => iso(appendedAtMs))])
}

async function writeDays (client: PoolClient, schema: string, parts: readonly CountedPart[]): Promise<void> {
  const known = await knownDays(client, schema, parts)
  const taken = parts.filter(({ records }) => records.length > 0)
    .map(({ topic, partition, records }) => takePositions({ topic, partition }, records, known.get(placeKey({ topic, partition })) ?? new Map()))
  const days = taken.flatMap(({ days }) => days)
  const gaps = taken.flatMap(({ gaps }) => gaps)
  if (days.length > 0) await upsertDays(client, schema, days)
  if (gaps.length > 0) await insertGaps(client, schema, gaps)
}

interface DayRow {
  readonly day: string
  readonly topic: string
  readonly partition: number
  readonly first_offset: string
  readonly last_offset: string
  readonly records: string
  readonly gaps: string
  readonly run_from: string
  readonly closed_digest: string
}

async function knownDays (client: PoolClient, schema: string, parts: readonly CountedPart[]): Promise<Map<string, Map<string, DayPositions>>> {
  const days = new Set(parts.flatMap(({ records }) => records.map(({ appendedAtMs }) => Math.floor(appendedAtMs / 86_400_000))))
  const known = new Map<string, Map<string, DayPositions>>()
  if (days.size === 0) return known
  const { rows } = await client.query<DayRow>(`SELECT day::text AS day, topic, partition, first_offset, last_offset, records, gaps, run_from, closed_digest
    FROM ${schema}.ingress_days WHERE day = ANY ($1::date[])`, [[...days].map(number => dayOf(number * 86_400_000))])
  for (const row of rows) {
    const { day, topic, partition } = row
    const ofPlace = known.get(placeKey(row)) ?? new Map<string, DayPositions>()
    ofPlace.set(day, {
      day, topic, partition, firstOffset: Number(row.first_offset), lastOffset: Number(row.last_offset), records: Number(row.records), gaps: Number(row.gaps),
      runFrom: Number(row.run_from), closedDigest: row.closed_digest
    })
    known.set(placeKey(row), ofPlace)
  }
  return known
}

async function upsertDays (client: PoolClient, schema: string, days: readonly DayPositions[]): Promise<void> {
  await client.query(`INSERT INTO ${schema}.ingress_days (day, topic, partition, first_offset, last_offset, records, gaps, run_from, closed_digest)
    SELECT * FROM unnest($1::date[], $2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])
    ON CONFLICT (day, topic, partition) DO UPDATE SET last_offset = excluded.last_offset, records = excluded.records, gaps = excluded.gaps,
      run_from = excluded.run_from, closed_digest = excluded.closed_digest`,
  [days.map(({ day }) => day), days.map(({ topic }) => topic), days.map(({ partition }) => partition), days.map(({ firstOffset }) => firstOffset),
    days.map(({ lastOffset }) => lastOffset), days.map(({ records }) => records), days.map(({ gaps }) => gaps), days.map(({ runFrom }) => runFrom),
    days.map(({ closedDigest }) => closedDigest)])
}

/** At most `gapsKeptMax` a day and partition come here. */
async function insertGaps (client: PoolClient, schema: string, gaps: readonly PositionGap[]): Promise<void> {
  for (let from = 0; from < gaps.length; from += gapsKeptMax) {
    const some = gaps.slice(from, from + gapsKeptMax)
    await client.query(`INSERT INTO ${schema}.ingress_gaps (day, topic, partition, from_offset, to_offset)
      SELECT * FROM unnest($1::date[], $2::text[], $3::int[], $4::bigint[], $5::bigint[])`,
    [some.map(({ day }) => day), some.map(({ topic }) => topic), some.map(({ partition }) => partition),
      some.map(({ fromOffset }) => fromOffset), some.map(({ toOffset }) => toOffset)])
  }
}
