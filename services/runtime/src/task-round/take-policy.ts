// How many records of each lane the next round takes.
//
// Invariants:
//   K1. Never more than a lane holds, never more than the round's room in all.
//   K2. The most urgent lane is served first, but while others wait it leaves each of them its share, so that none waits
//       for ever.
//   K3. While the most urgent lane is alive rounds are small, because it waits for the round before it.

export interface RoundBounds {
  /** Records of a round while lane 0 is alive. */
  readonly urgentRecordsMax: number
  readonly recordsMax: number
}

/** Shares of a contended round, lane 0 first; a lane without waiting records leaves its share to the more urgent. */
const shares = [16, 4, 2, 1]

export const roomOf = (urgentAlive: boolean, { urgentRecordsMax, recordsMax }: RoundBounds): number => urgentAlive ? urgentRecordsMax : recordsMax

export function chooseTake (waiting: readonly number[], room: number): number[] {
  const total = waiting.reduce((sum, records) => sum + records, 0)
  if (total <= room) return [...waiting]
  const contending = waiting.map((records, lane) => records > 0 ? shares[lane] ?? 1 : 0)
  const sharesTotal = contending.reduce((sum, share) => sum + share, 0)
  const take = waiting.map((records, lane) => Math.min(records, Math.floor(room * contending[lane]! / sharesTotal)))
  let left = room - take.reduce((sum, records) => sum + records, 0)
  for (let lane = 0; lane < waiting.length && left > 0; lane++) {
    const more = Math.min(left, waiting[lane]! - take[lane]!)
    take[lane]! += more
    left -= more
  }
  return take
}
