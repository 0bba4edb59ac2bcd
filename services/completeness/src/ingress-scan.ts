// Reads the committed records of ingress partitions, their positions only.
//
// I1. Read committed: markers and records of aborted transactions are passed over by the reader of the log.
// I2. A partition ends at its bound, or at the first record that is `skewMs` beyond the time asked for: append times of a partition
//     ascend, but for the clocks of brokers.
// I3. Memory holds one answer of the broker.

import type { LogReader } from '@mesh/runtime'

export interface IngressStretch {
  readonly topic: string
  readonly partition: number
  readonly fromOffset: number
  /** The first offset that is not read. */
  readonly endOffset: number
}

export interface IngressRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly appendedAtMs: number
}

export interface IngressScan {
  readonly log: Pick<LogReader, 'read'>
  readonly stretches: readonly IngressStretch[]
  readonly fromMs: number
  readonly toMs: number
  onRecord (record: IngressRecord): void
  /** After each answer of the broker. */
  onRead? (positions: { readonly offsets: number }): void
  readonly signal?: AbortSignal
}

export const skewMs = 60_000
const bytesMax = 2 * 1024 * 1024
const partitionsAtOnceMax = 8

/** Calls `onRecord` for each committed record with `fromMs` <= append time < `toMs`. Answers what was deleted while it was read. */
export async function readIngress (scan: IngressScan): Promise<{ readonly lost: readonly IngressStretch[] }> {
  const { log, fromMs, toMs } = scan
  const open = scan.stretches.map(stretch => ({ ...stretch })).filter(({ fromOffset, endOffset }) => fromOffset < endOffset)
  const lost: IngressStretch[] = []
  while (open.length > 0) {
    scan.signal?.throwIfAborted()
    const some = open.slice(0, partitionsAtOnceMax)
    const chunks = await log.read(some.map(({ topic, partition, fromOffset: offset }) => ({ topic, partition, offset, bytesMax })))
    for (const [index, chunk] of chunks.entries()) {
      const stretch = some[index]!
      const before = stretch.fromOffset
      if (chunk.problem !== undefined) lost.push({ ...stretch, endOffset: Math.min(stretch.endOffset, Math.max(chunk.nextOffset, before)) })
      let isBeyond = chunk.nextOffset <= before
      for (const { topic, partition, offset, appendedAtMs } of chunk.records) {
        if (offset >= stretch.endOffset || appendedAtMs >= toMs + skewMs) {
          isBeyond = true
          break
        }
        if (appendedAtMs >= fromMs && appendedAtMs < toMs) scan.onRecord({ topic, partition, offset, appendedAtMs })
      }
      stretch.fromOffset = chunk.nextOffset
      scan.onRead?.({ offsets: Math.max(0, Math.min(chunk.nextOffset, stretch.endOffset) - before) })
      if (isBeyond || chunk.nextOffset >= stretch.endOffset) open.splice(open.indexOf(stretch), 1)
    }
  }
  return { lost }
}
