// Counts refusals in the archive.
//
// Invariants:
//   V1. A refusal counts once: the decision that refused a record, be it at once or when it was released.
//   V2. The agent is the source as it claimed; of a record that could not be read there is none.
import { openArchiveScan } from './archive-scan.ts'
import type { TimeRange } from './core/time-range.ts'
import type { Violation, ViolationGroup } from './core/violations.ts'

export const violationsMax = 10_000

interface Row {
  readonly reason: string | null
  readonly agent: string | null
  readonly count: string
  readonly first_at: Date
  readonly last_at: Date
  readonly refused: string
}

export interface ViolationCount {
  readonly violations: readonly Violation[]
  readonly refused: number
}

type Settings = Parameters<typeof openArchiveScan>[0]

/** Most frequent first, at most `violationsMax`; `refused` counts all. */
export async function countViolations (settings: Settings, { fromMs, toMs }: TimeRange, by: ViolationGroup | undefined): Promise<ViolationCount> {
  const archive = await openArchiveScan(settings)
  try {
    const [reason, agent] = [by === 'agent' ? 'NULL' : 'reason', by === 'reason' ? 'NULL' : 'source']
    const rows = await archive.rows<Row>(`SELECT ${reason} AS reason, ${agent} AS agent, count(*) AS count, min(at) AS first_at, max(at) AS last_at, sum(count(*)) OVER () AS refused
      FROM ${archive.schema}.events WHERE at >= $1 AND at < $2 AND decision = 'refused' AND reason IS DISTINCT FROM 'ATTEMPT_FAILED'
      GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT ${violationsMax}`, [new Date(fromMs).toISOString(), new Date(toMs).toISOString()])
    const violations = rows.map(({ reason, agent, count, first_at: firstAt, last_at: lastAt }): Violation =>
      ({ reason, agent, count: Number(count), firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() }))
    return { violations, refused: Number(rows[0]?.refused ?? 0) }
  } finally {
    await archive.close()
  }
}
