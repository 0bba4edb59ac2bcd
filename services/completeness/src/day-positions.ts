// The positions of a day's committed records in one partition of ingress: how many, from where to where, and a digest.
//
// P1. Pure: a day's state and the records that follow give the next state; whatever the batches, the same positions end in the same state.
// P2. Records of a partition come in the order of their offsets. A clock that steps back across midnight puts a record into the day
//     before; each day still sees ascending offsets.
// P3. A gap between two runs is kept by position, up to `gapsKeptMax` a day and partition; after that only the digest knows it.

import { chainedRun, noRuns } from './day-digest.ts'

export interface DayKey {
  /** YYYY-MM-DD in UTC, of the broker's append time. */
  readonly day: string
  readonly topic: string
  readonly partition: number
}

export interface DayPositions extends DayKey {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly records: number
  readonly gaps: number
  /** Where the last run began, which may go on. */
  readonly runFrom: number
  /** Over the runs before that; hex. */
  readonly closedDigest: string
}

/** Offsets without a committed record between two that have one: [fromOffset, toOffset). */
export interface PositionGap extends DayKey {
  readonly fromOffset: number
  readonly toOffset: number
}

export const gapsKeptMax = 100_000
const dayMs = 24 * 60 * 60 * 1_000
/** How much later than its end a day may still get a record: clocks of brokers differ. */
const settlingMs = 60 * 60 * 1_000

export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Whether the positions of a day change no more, counted up to `asOfMs`. */
export const isSettled = (day: string, asOfMs: number): boolean => asOfMs >= Date.parse(`${day}T00:00:00Z`) + dayMs + settlingMs

interface Position { readonly offset: number, readonly appendedAtMs: number }

/** Takes the records that follow, of one partition. `known` has the days so far, by name; answers those that changed. */
export function takePositions (partition: Omit<DayKey, 'day'>, records: readonly Position[], known: ReadonlyMap<string, DayPositions>): { readonly days: DayPositions[], readonly gaps: PositionGap[] } {
  const changed = new Map<string, DayPositions>()
  const gaps: PositionGap[] = []
  let index = 0
  while (index < records.length) {
    const { offset, appendedAtMs } = records[index]!
    const day = dayOf(appendedAtMs)
    const end = runEnd(records, index)
    const run = { from: offset, to: records[end - 1]!.offset }
    const before = changed.get(day) ?? known.get(day)
    if (before !== undefined && run.from > before.lastOffset + 1 && before.gaps < gapsKeptMax) {
      gaps.push({ ...partition, day, fromOffset: before.lastOffset + 1, toOffset: run.from })
    }
    changed.set(day, before === undefined ? firstRun({ ...partition, day }, run) : withRun(before, run))
    index = end
  }
  return { days: [...changed.values()], gaps }
}

/** Behind the last record of the run that begins at `index`. */
function runEnd (records: readonly Position[], index: number): number {
  const fromMs = Math.floor(records[index]!.appendedAtMs / dayMs) * dayMs
  const isSameDay = ({ appendedAtMs }: Position): boolean => appendedAtMs >= fromMs && appendedAtMs < fromMs + dayMs
  let end = index + 1
  while (end < records.length && records[end]!.offset === records[end - 1]!.offset + 1 && isSameDay(records[end]!)) end++
  return end
}

interface Run { readonly from: number, readonly to: number }

function firstRun (key: DayKey, { from, to }: Run): DayPositions {
  return { ...key, firstOffset: from, lastOffset: to, records: to - from + 1, gaps: 0, runFrom: from, closedDigest: noRuns }
}

function withRun (before: DayPositions, { from, to }: Run): DayPositions {
  const records = before.records + to - from + 1
  if (from === before.lastOffset + 1) return { ...before, lastOffset: to, records }
  if (from <= before.lastOffset) throw new RangeError(`offset ${from} of ${before.topic}/${before.partition} was counted before`)
  const closedDigest = chainedRun(before.closedDigest, before.runFrom, before.lastOffset)
  return { ...before, lastOffset: to, records, gaps: before.gaps + 1, runFrom: from, closedDigest }
}
