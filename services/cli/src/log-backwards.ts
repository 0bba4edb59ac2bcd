// Reads a partition from its end backwards, a window at a time, so that the newest are found without reading all.
//
// Invariants:
//   B1. In no group; commits nothing. What aborted transactions wrote is not seen.
//   B2. Of each record only what `pick` takes from it is kept, so memory holds one answer of the broker and what was picked.
import type { LogReader, ReaderRecord } from '@mesh/runtime'

export interface Stretch {
  readonly topic: string
  readonly partition: number
  /** From this offset on; the one behind the last. */
  readonly lowOffset: number
  readonly endOffset: number
  /** Most offsets that are gone back over. */
  readonly offsetsMax: number
}

const windowOffsets = 500
const chunkBytesMax = 1024 * 1024

/** Hands over what was picked of each window, oldest first, until told that it is enough. Answers whether the bound was met before the beginning. */
export async function readBackwards<T> (log: Pick<LogReader, 'read'>, stretch: Stretch, pick: (record: ReaderRecord) => T | undefined, isEnough: (picked: readonly T[]) => boolean): Promise<boolean> {
  const stopOffset = Math.max(stretch.lowOffset, stretch.endOffset - stretch.offsetsMax)
  for (let endOffset = stretch.endOffset; endOffset > stopOffset;) {
    const startOffset = Math.max(stopOffset, endOffset - windowOffsets)
    if (isEnough(await readWindow(log, { ...stretch, lowOffset: startOffset, endOffset }, pick))) return false
    endOffset = startOffset
  }
  return stopOffset > stretch.lowOffset
}

async function readWindow<T> (log: Pick<LogReader, 'read'>, { topic, partition, lowOffset, endOffset }: Stretch, pick: (record: ReaderRecord) => T | undefined): Promise<T[]> {
  const picked: T[] = []
  for (let offset = lowOffset; offset < endOffset;) {
    const [chunk] = await log.read([{ topic, partition, offset, bytesMax: chunkBytesMax }])
    for (const record of chunk!.records) {
      const taken = record.offset < endOffset ? pick(record) : undefined
      if (taken !== undefined) picked.push(taken)
    }
    if (chunk!.nextOffset <= offset) break
    offset = chunk!.nextOffset
  }
  return picked
}
