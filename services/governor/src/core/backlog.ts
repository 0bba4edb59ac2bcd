// How many deliveries lie between a group's committed offset and the end of a partition, from a small chunk read there.
//
// Invariants:
//   K1. A chunk that covers the whole lag gives the exact count: transaction markers and aborted records have offsets, but
//       are no deliveries.
//   K2. What lies behind the chunk is estimated by the chunk's density, so the estimate errs by the difference in density
//       and never by the lag's markers alone. Coordinators write in transactions: behind a chunk that ends with a delivery
//       comes a marker. (One large delivery alone would else look like a partition without markers, and count twice.)
//   K3. Counts are whole and never negative, whatever the offsets.

/** One partition of an inbox, at one moment. */
export interface InboxChunk {
  /** Where reading began: what the group has committed, or the first that is still there. */
  readonly fromOffset: number
  /** Behind the last offset covered. */
  readonly nextOffset: number
  readonly endOffset: number
  /** Offsets of the deliveries in the chunk, rising. */
  readonly recordOffsets: readonly number[]
  readonly oldestAppendedAtMs: number | null
}

/** Where nothing is known: a transaction with one record in this partition, and its marker. */
const unknownDensity = 0.5

export function waitingIn (chunk: InboxChunk): number {
  const behind = Math.max(0, chunk.endOffset - knownUpTo(chunk))
  return chunk.recordOffsets.length + Math.round(behind * densityOf(chunk))
}

/** Deliveries that the group has passed since the chunk was taken. */
export function handledSince (chunk: InboxChunk, committedOffset: number): number {
  if (committedOffset <= chunk.fromOffset) return 0
  const inside = chunk.recordOffsets.filter(offset => offset < committedOffset).length
  return inside + Math.round(Math.max(0, committedOffset - knownUpTo(chunk)) * densityOf(chunk))
}

function densityOf (chunk: InboxChunk): number {
  const { fromOffset, recordOffsets } = chunk
  return recordOffsets.length === 0 ? unknownDensity : recordOffsets.length / (knownUpTo(chunk) - fromOffset)
}

const knownUpTo = ({ nextOffset, recordOffsets }: InboxChunk): number => recordOffsets.at(-1) === nextOffset - 1 ? nextOffset + 1 : nextOffset
