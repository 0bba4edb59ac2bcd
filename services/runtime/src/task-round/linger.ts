// How long the next round may wait for more records. A round costs about the same whatever it takes, so small ones in
// close order burn what urgent records need; after a pause a record never waits.
//
// Invariants:
//   L1. A record of lane 0 waits for nothing. Others wait until so long after the last commit as their lane allows.
//   L2. `recordsMin` records are worth a round at once, so a backlog drains as fast as it can.

export interface LingerBounds {
  /** By lane, after the last commit; the last one holds for all that follow, and for what is due without a record. */
  readonly gapsMs: readonly number[]
  readonly recordsMin: number
}

/** Milliseconds from now; 0 when the round should begin. */
export function lingerMs (waiting: readonly number[], sinceCommitMs: number, { gapsMs, recordsMin }: LingerBounds): number {
  const mostUrgent = waiting.findIndex(records => records > 0)
  const gapMs = gapsMs[mostUrgent] ?? gapsMs.at(-1) ?? 0
  const records = waiting.reduce((sum, count) => sum + count, 0)
  return records >= recordsMin ? 0 : Math.max(0, gapMs - sinceCommitMs)
}
