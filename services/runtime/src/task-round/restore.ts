// Folding a task's changelog and deferred topic into fresh logic, up to the new owner's own claim record (step 8).
//
// Invariants:
//   S1. The end is the claim, a record of our own that was committed: an end offset may lie behind records that are never
//       handed over.
//   S2. Other owners' claims are passed over; they say nothing, and compaction may take them.
//   S3. A fold that gets nothing for `stallMsMax` fails, and the task begins anew.
//   S4. It is read in large pieces, outside the group, and the next one while one is folded: in the pieces in which inputs
//       are fetched half a million records took three times as long. A piece ends with a cut batch, which comes again.
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../errors.ts'
import type { LogReader } from '../log-reader.ts'
import type { ReaderRecord } from '../partition-reader.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { RestoredRecord } from './task-logic.ts'

export const claimHeader = 'claim'

const stallMsMax = 30_000
const pieceBytes = 1_024 * 1_024
/** The claim's marker is written after its commit was answered. */
const againMs = 2

export interface RestoreSource {
  readonly topic: string
  readonly startOffset: number
  readonly fold: (record: RestoredRecord) => void
}

export interface RestorePorts {
  readonly reader: Pick<LogReader, 'read'>
  readonly task: number
  readonly claim: string
  /** Throws when the task is no longer ours. */
  readonly checkOwned: () => void
}

/** Answers how many records were folded. */
export async function restoreFrom (source: RestoreSource, ports: RestorePorts): Promise<number> {
  const { reader, task, claim, checkOwned } = ports
  const read = (offset: number) => {
    const piece = reader.read([{ topic: source.topic, partition: task, offset, bytesMax: pieceBytes }])
    // One that is read ahead when the fold ends is of no interest.
    piece.catch(() => undefined)
    return piece
  }
  let offset = source.startOffset
  let folded = 0
  let piece = read(offset)
  for (let movedAtMs = performance.now(); ;) {
    const [chunk] = await piece
    checkOwned()
    const { records, nextOffset, problem } = chunk!
    if (problem !== undefined) throw stalled(`${source.topic}/${task} has no offset ${offset} any more`)
    const hasMoved = nextOffset > offset
    if (hasMoved) piece = read(nextOffset)
    for (const record of records) {
      const of = claimOf(record)
      if (of === claim) return folded
      if (of !== undefined) continue
      source.fold({ key: record.key?.toString('utf8') ?? '', value: record.value, offset: record.offset, appendedAtMs: record.appendedAtMs })
      folded++
    }
    offset = nextOffset
    if (hasMoved) {
      movedAtMs = performance.now()
      continue
    }
    if (performance.now() - movedAtMs > stallMsMax) throw stalled(`nothing more came to restore from: ${source.topic}/${task} at ${offset}`)
    await pause(againMs)
    piece = read(offset)
  }
}

const claimOf = ({ headers }: ReaderRecord): string | undefined => headers[claimHeader]?.toString()
const stalled = (message: string): CodedError<TaskRoundErrorCode> => new CodedError('RESTORE_STALLED', message)
