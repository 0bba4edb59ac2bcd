// From which lanes the next records are taken: the most urgent first, the others each by its share.
//
// Invariants:
//   K1. Never more than a lane holds, never more than the room in all; no room is left empty while records wait.
//   K2. Lane 0 goes first, but while another lane waits it gets `urgentInARowMax` picks in a row and then leaves one.
//   K3. What lane 0 leaves is shared by weight, and a lane weighs more the longer its oldest record has waited, measured by
//       the lane's own ageing time and up to `ageingMax`. So the shares of waiting lanes sum to one, each is above zero, and
//       none waits for ever.
//   K4. What a lane is owed is kept until the next take, so that rooms of one record come to the same as one large room.

/** What waits in one lane. */
export interface LaneState {
  readonly records: number
  /** How long its first record has waited. */
  readonly oldestAgeMs: number
}

const urgentInARowMax = 15
/** By lane; the last one holds for all that follow. Lane 0 has its own rule. */
const weights = [0, 4, 2, 1]
/** A record that has waited this long makes its lane count twice; each lane has four or five times the patience of the one before. */
const ageingMs = [0, 500, 2_000, 10_000]
/** Without a bound, lanes with little patience would push the others out of the way whenever all are late. */
const ageingMax = 8

/** The part of all picks that each lane gets while the lanes are as they are. */
export function sharesOf (lanes: readonly LaneState[]): number[] {
  const weighed = lanes.map(weightOf)
  const total = weighed.reduce((sum, weight) => sum + weight, 0)
  const urgent = (lanes[0]?.records ?? 0) === 0 ? 0 : total === 0 ? 1 : urgentInARowMax / (urgentInARowMax + 1)
  return weighed.map((weight, lane) => lane === 0 ? urgent : total === 0 ? 0 : (1 - urgent) * weight / total)
}

export class TakePolicy {
  #urgentInARow = 0
  readonly #owed: number[] = []

  /** How many records of each lane to take next. */
  take (lanes: readonly LaneState[], room: number): number[] {
    const left = lanes.map(({ records }) => records)
    const weighed = lanes.map(weightOf)
    const taken = lanes.map(() => 0)
    for (let picks = 0; picks < room; picks++) {
      const lane = this.#pick(left, weighed)
      if (lane === undefined) break
      left[lane]!--
      taken[lane]!++
    }
    return taken
  }

  #pick (left: readonly number[], weighed: readonly number[]): number | undefined {
    let total = 0
    for (let lane = 1; lane < left.length; lane++) if (left[lane]! > 0) total += weighed[lane]!
    if (left[0]! > 0 && (total === 0 || this.#urgentInARow < urgentInARowMax)) {
      this.#urgentInARow = total === 0 ? 0 : this.#urgentInARow + 1
      return 0
    }
    this.#urgentInARow = 0
    return total === 0 ? undefined : this.#pickByShare(left, weighed, total)
  }

  /** Each is owed its share of the pick, and the one that is owed most gets it; an empty lane is owed nothing. */
  #pickByShare (left: readonly number[], weighed: readonly number[], total: number): number {
    const owed = this.#owed
    let most = 0
    for (let lane = 1; lane < left.length; lane++) {
      owed[lane] = left[lane] === 0 ? 0 : (owed[lane] ?? 0) + weighed[lane]! / total
      if (left[lane]! > 0 && (most === 0 || owed[lane]! > owed[most]!)) most = lane
    }
    owed[most]! -= 1
    return most
  }
}

function weightOf ({ records, oldestAgeMs }: LaneState, lane: number): number {
  if (lane === 0 || records === 0) return 0
  const patienceMs = ageingMs[lane] ?? ageingMs.at(-1)!
  return (weights[lane] ?? weights.at(-1)!) * Math.min(ageingMax, 1 + Math.max(0, oldestAgeMs) / patienceMs)
}
