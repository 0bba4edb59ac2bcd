// How many records a round may take, so that it ends before the broker gives its transaction up.
//
// Invariants:
//   O1. A round that failed after it was begun halves what the next may take, also for the task that starts anew: a machine
//       that is suddenly slow gets smaller rounds instead of rounds that are begun again and again and never end.
//   O2. Full rounds that took less than a quarter of the timeout let it grow again by a quarter. One that was slow but ended
//       changes nothing: most of a round's time is not its records', and smaller ones would do less in the same time.
//   O3. Between `roomMin` and the configured bound.
const roomMin = 50
const quickShare = 0.25
const growth = 1.25

export interface RoundTook {
  readonly records: number
  /** Infinite where it failed. */
  readonly durationMs: number
}

export interface RoomBounds {
  readonly roundRecordsMax: number
  readonly transactionTimeoutMs: number
}

export function nextRoom (room: number, { records, durationMs }: RoundTook, { roundRecordsMax, transactionTimeoutMs }: RoomBounds): number {
  const least = Math.min(roomMin, roundRecordsMax)
  // Of a round that had nothing to take nothing is learned: something else went wrong.
  if (durationMs === Infinity) return records === 0 ? room : Math.max(least, Math.ceil(Math.min(room, records) / 2))
  const isQuick = durationMs < transactionTimeoutMs * quickShare
  return isQuick && records >= room ? Math.min(roundRecordsMax, Math.ceil(room * growth)) : room
}
