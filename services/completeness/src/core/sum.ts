// The partitions together, in whole numbers.

import type { PartitionVerdict } from './partition-ledger.ts'

export interface Sum {
  readonly expected: number
  readonly found: number
  readonly missing: number
  readonly notArchivedYet: number
  readonly undecided: number
  readonly duplicate: number
  readonly unexpected: number
  /** Nothing is missing, and nothing is there that should not be. What is on its way doesn't count against it. */
  readonly isComplete: boolean
}

const counted = ['expected', 'found', 'missing', 'notArchivedYet', 'undecided', 'duplicate', 'unexpected'] as const

export function sumOf (verdicts: readonly Pick<PartitionVerdict, typeof counted[number]>[]): Sum {
  const sums = { expected: 0, found: 0, missing: 0, notArchivedYet: 0, undecided: 0, duplicate: 0, unexpected: 0 }
  for (const verdict of verdicts) for (const name of counted) sums[name] += verdict[name]
  return { ...sums, isComplete: sums.missing === 0 && sums.duplicate === 0 && sums.unexpected === 0 }
}
