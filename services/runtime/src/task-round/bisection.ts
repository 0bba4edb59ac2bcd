// Finding the one record that makes its round fail.
//
// Invariants:
//   B1. Nothing is suspected before two rounds in a row failed.
//   B2. Then each failure halves the round, until it holds one record; a record that fails twice alone is poison.
//   B3. Each success doubles the round again, until it is as large as it ever was.

export interface Suspicion {
  readonly failures: number
  /** Bound on the next round; Infinity while nothing is suspected. */
  readonly recordsMax: number
  /** The next round holds one record, to be set aside instead of decided. */
  readonly poison: boolean
}

export const noSuspicion: Suspicion = { failures: 0, recordsMax: Infinity, poison: false }

export function afterFailure ({ failures, recordsMax, poison }: Suspicion, recordsTaken: number): Suspicion {
  if (poison) return { failures, recordsMax: 1, poison }
  if (failures === 0) return { failures: 1, recordsMax, poison: false }
  if (recordsTaken <= 1) return { failures: failures + 1, recordsMax: 1, poison: true }
  const half = Math.ceil(recordsTaken / 2)
  // A round of one starts its own count, so that it too gets a second try.
  return { failures: half === 1 ? 0 : failures + 1, recordsMax: half, poison: false }
}

export function afterSuccess ({ recordsMax, poison }: Suspicion, roundRecordsMax: number): Suspicion {
  const doubled = recordsMax * 2
  return poison || doubled >= roundRecordsMax ? noSuspicion : { failures: 1, recordsMax: doubled, poison: false }
}
