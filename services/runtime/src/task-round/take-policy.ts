// How many records of each lane the next round takes.
//
// Invariants:
//   K1. Never more than a lane holds, never more than the round's room in all.
//   K2. The most urgent lane is served first, but while others wait it leaves each of them its share, so that none waits
//       for ever.
//   K3. No room is left empty while records wait.

/** Shares of a round for which more records wait than fit, lane 0 first; a lane that doesn't need its share leaves it to the most urgent. */
const shares = [16, 4, 2, 1]

export function chooseTake (waiting: readonly number[], room: number): number[] {
  const total = waiting.reduce((sum, records) => sum + records, 0)
  if (total <= room) return [...waiting]
  const take = reserved(waiting, room)
  let left = room - take.reduce((sum, records) => sum + records, 0)
  for (let lane = 0; lane < waiting.length && left > 0; lane++) {
    const more = Math.min(left, waiting[lane]! - take[lane]!)
    take[lane]! += more
    left -= more
  }
  return take
}

/** The share of each waiting lane, at least one record; nothing when the room is too small for that. */
function reserved (waiting: readonly number[], room: number): number[] {
  const contending = waiting.map((records, lane) => records > 0 ? shares[lane] ?? 1 : 0)
  const sharesTotal = contending.reduce((sum, share) => sum + share, 0)
  const take = waiting.map((records, lane) => Math.min(records, Math.max(1, Math.floor(room * contending[lane]! / sharesTotal))))
  return take.reduce((sum, records) => sum + records, 0) > room ? waiting.map(() => 0) : take
}
