// What was counted, as rows of a table.
//
// Invariants:
//   C1. The ratio is never rounded up: only what is whole reads 1.0.
import { sumOf, type PartitionVerdict, type Sum } from '@mesh/completeness/counting'
import type { Paint } from './paint.ts'

export interface CompletenessReport {
  readonly from: string
  readonly to: string
  /** Exact: "1.0", or below it, cut off after six digits. */
  readonly completeness: string
  readonly isComplete: boolean
  readonly sum: Sum
  readonly partitions: readonly PartitionVerdict[]
  /** What could not be counted, or was counted otherwise. */
  readonly notes: readonly string[]
  /** Whether something in the range is not known at all. */
  readonly isUncertain: boolean
}

export const completenessHeadings = ['topic/partition', 'expected', 'found', 'missing', 'duplicate', 'unexpected', 'not archived yet', 'not decided yet']

/** Of what is due, what is there. */
export function ratioText (found: number, due: number): string {
  if (found >= due) return '1.0'
  const millionths = BigInt(found) * 1_000_000n / BigInt(due)
  return `0.${String(millionths).padStart(6, '0')}`
}

/** The verdicts of one partition on several days, as one. */
export function merged (verdicts: readonly PartitionVerdict[], listMax = 10): PartitionVerdict[] {
  const byPartition = Map.groupBy(verdicts, ({ topic, partition }) => `${topic}/${partition}`)
  return [...byPartition.values()].map(some => {
    const { expected, found, missing, notArchivedYet, undecided, duplicate, unexpected } = sumOf(some)
    const { topic, partition } = some[0]!
    const first = (names: (verdict: PartitionVerdict) => readonly string[]): string[] => some.flatMap(names).slice(0, listMax)
    return {
      topic, partition, expected, found, missing, notArchivedYet, undecided, duplicate, unexpected,
      firstMissing: first(({ firstMissing }) => firstMissing), firstDuplicate: first(({ firstDuplicate }) => firstDuplicate),
      firstUnexpected: first(({ firstUnexpected }) => firstUnexpected)
    }
  }).sort((a, b) => a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)
}

type Named = Pick<CompletenessReport, 'from' | 'to'>

export function completenessReport (range: Named, verdicts: readonly PartitionVerdict[], notes: readonly string[], isUncertain: boolean): CompletenessReport {
  const partitions = merged(verdicts)
  const sum = sumOf(partitions)
  const due = sum.expected - sum.notArchivedYet - sum.undecided
  return { ...range, completeness: ratioText(sum.found, due), isComplete: sum.isComplete && !isUncertain, sum, partitions, notes, isUncertain }
}

export function completenessRows (partitions: readonly PartitionVerdict[], paint: Paint): string[][] {
  const wrong = (count: number): string => count === 0 ? '0' : paint.bad(String(count))
  const waiting = (count: number): string => count === 0 ? '0' : paint.unsure(String(count))
  return partitions.map(one => [
    `${one.topic}/${one.partition}`, String(one.expected), String(one.found), wrong(one.missing), wrong(one.duplicate), wrong(one.unexpected),
    waiting(one.notArchivedYet), waiting(one.undecided)
  ])
}

/** What is wrong by name, then the sum. */
export function completenessLines ({ partitions, sum, completeness, isComplete, isUncertain }: CompletenessReport, paint: Paint): string[] {
  const named = (title: string, count: number, names: readonly string[]): string[] =>
    count === 0 ? [] : [`${paint.bad(title)}  ${names.join(', ')}${names.length < count ? `, and ${count - names.length} more` : ''}`]
  const lines = [
    ...named('missing', sum.missing, partitions.flatMap(({ firstMissing }) => firstMissing)),
    ...named('duplicate', sum.duplicate, partitions.flatMap(({ firstDuplicate }) => firstDuplicate)),
    ...named('unexpected', sum.unexpected, partitions.flatMap(({ firstUnexpected }) => firstUnexpected))
  ]
  const due = sum.expected - sum.notArchivedYet - sum.undecided
  const verdict = `completeness ${completeness}: ${sum.found} of ${due} committed ingress records have their admission in the archive`
  const waiting = sum.notArchivedYet + sum.undecided === 0 ? '' : `; ${sum.notArchivedYet} decided but not archived yet, ${sum.undecided} not decided yet`
  const rest = isUncertain ? '; part of the range is not known' : ''
  return [...lines, `${isComplete ? paint.good(verdict) : paint.bad(verdict)}${waiting}${rest}`]
}
