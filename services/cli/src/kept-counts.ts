// The counts of ingress records that the archiver keeps, as the archive has them.
import { digestOf, type DayPositions } from '@mesh/completeness'
import { ingressDayFrom, ingressDayPrefix, type IngressDay, type Json } from '@mesh/evidence'
import type { ArchiveScan } from './archive-scan.ts'

const keyOf = ({ topic, partition }: { readonly topic: string, readonly partition: number }): string => `${topic}/${partition}`

interface DayRow {
  readonly topic: string
  readonly partition: number
  readonly first_offset: string
  readonly last_offset: string
  readonly records: string
  readonly gaps: string
  readonly run_from: string
  readonly closed_digest: string
}
interface ProgressRow { readonly topic: string, readonly partition: number, readonly first_offset: string, readonly next_offset: string }
interface GapRow { readonly topic: string, readonly partition: number, readonly from_offset: string, readonly to_offset: string }
export interface KeptPositions { readonly positions: DayPositions, readonly gaps: { readonly fromOffset: number, readonly toOffset: number }[] }

/** The positions that were kept of a day, by topic/partition. */
export async function keptDays (archive: ArchiveScan, day: string): Promise<Map<string, KeptPositions>> {
  const days = await archive.rows<DayRow>(`SELECT * FROM ${archive.schema}.ingress_days WHERE day = $1`, [day])
  const gaps = await archive.rows<GapRow>(`SELECT * FROM ${archive.schema}.ingress_gaps WHERE day = $1 ORDER BY topic, partition, from_offset`, [day])
  const kept = new Map(days.map((row): [string, KeptPositions] => [keyOf(row), {
    positions: {
      day, topic: row.topic, partition: row.partition, firstOffset: Number(row.first_offset), lastOffset: Number(row.last_offset), records: Number(row.records),
      gaps: Number(row.gaps), runFrom: Number(row.run_from), closedDigest: row.closed_digest
    },
    gaps: []
  }]))
  for (const gap of gaps) kept.get(keyOf(gap))?.gaps.push({ fromOffset: Number(gap.from_offset), toOffset: Number(gap.to_offset) })
  return kept
}

export interface Counted { readonly firstOffset: number, readonly nextOffset: number }

/** How far each partition was counted, by topic/partition. */
export async function countedSoFar (archive: ArchiveScan): Promise<Map<string, Counted>> {
  const rows = await archive.rows<ProgressRow>(
    `SELECT topic, partition, first_offset, next_offset FROM ${archive.schema}.ingress_progress`, [])
  return new Map(rows.map(row => [keyOf(row), { firstOffset: Number(row.first_offset), nextOffset: Number(row.next_offset) }]))
}

/** What a signed statement tells of the day, by topic/partition; undefined where none does yet. */
export async function signedDay (archive: ArchiveScan, day: string): Promise<IngressDay | undefined> {
  const prefix = ingressDayPrefix(day)
  const [row] = await archive.rows<{ body: string }>(
    `SELECT body FROM ${archive.schema}.statements WHERE body LIKE '{"day":%' AND left(body, ${prefix.length}) = $1 ORDER BY leaf_index LIMIT 1`, [prefix])
  return row === undefined ? undefined : ingressDayFrom(JSON.parse(row.body) as Json)
}

/** Whether the positions that were kept are those that were signed. */
export function isAsSigned ({ partitions }: IngressDay, kept: DayPositions): boolean {
  const { topic, partition, records } = kept
  const signed = partitions.find(one => one.topic === topic && one.partition === partition)
  return signed !== undefined && signed.records === records && signed.digest === digestOf(kept)
}
