// Ids of dispatches that were let through, remembered so that none is let through twice.
//
// Invariants:
//   S1. Each lane is a queue in append order, because a lane is one partition read in order.
//   S2. What was forgotten in a lane was appended no later than the oldest entry kept there. So a dispatch issued
//       no later than that (plus what a clock may run ahead) may be a forgotten one, and is refused as stale.
//   S3. The oldest entry of a lane is kept for S2's sake, and written again to the changelog when it falls too far
//       back, so that a restore is bounded in records. A lane begins with an origin, older than any dispatch: while it
//       stands there nothing was forgotten.
//   S4. Nothing is forgotten before its lane has moved on by `windowMs`, or the changelog by `recordsMax` records.
import { clockAheadMsMax } from './envelope-checks.ts'

export interface Seen {
  readonly id: string
  readonly lane: number
  /** The class it was let through as. */
  readonly priority: number
  readonly appendedAtMs: number
  /** Where it came in, in its lane. */
  readonly ingressOffset: number
  /** What the id stood for; the same id with another fingerprint is a conflict. */
  readonly fingerprint: string
  /** Changelog offset that a restore must reach back to. */
  offset: number
  /** Set once a request has its outcome. */
  outcome: string | null
  /** Set where a repeat of a deferred request came from another instance: that one waits now. */
  waits: Waits | undefined
}

export interface Waits {
  readonly sourceInstance: string | null
  readonly replyPartition: number | null
}

export interface SeenBounds {
  readonly windowMs: number
  readonly recordsMax: number
}

export const defaultSeenBounds: SeenBounds = { windowMs: 120_000, recordsMax: 100_000 }

interface Lane {
  readonly entries: Seen[]
  /** Index of the oldest entry kept; the ones before it are cut off in bulk. */
  first: number
}

/** An origin that isn't in the changelog yet; it asks to be written (S3). */
const unwritten = -1
const originOf = (lane: number): Seen => ({ id: `origin of lane ${lane}`, lane, priority: lane, appendedAtMs: 0, ingressOffset: -1, fingerprint: '', offset: unwritten, outcome: null, waits: undefined })

export class SeenWindow {
  readonly #byId = new Map<string, Seen>()
  readonly #lanes: readonly Lane[]
  readonly #bounds: SeenBounds

  constructor (laneCount: number, bounds: SeenBounds) {
    this.#lanes = Array.from({ length: laneCount }, () => ({ entries: [], first: 0 }))
    this.#bounds = bounds
    for (let lane = 0; lane < laneCount; lane++) this.put(originOf(lane))
  }

  get size (): number { return this.#byId.size }

  get (id: string): Seen | undefined { return this.#byId.get(id) }

  /** Puts a new entry, or moves the changelog offset of a known one forward. */
  put (entry: Seen): void {
    const known = this.#byId.get(entry.id)
    if (known !== undefined) {
      known.offset = Math.max(known.offset, entry.offset)
      return
    }
    this.#byId.set(entry.id, entry)
    const lane = this.#lanes[entry.lane]!
    const oldest = lane.entries[lane.first]
    // While restoring, an edge that was written again (S3) is read after its successors.
    if (oldest !== undefined && entry.appendedAtMs < oldest.appendedAtMs) lane.entries.splice(lane.first, 0, entry)
    else lane.entries.push(entry)
  }

  /** To be said after a restore that did not begin at the changelog's beginning: an origin it did not meet is gone. */
  restoredPartially (): void {
    for (const lane of this.#lanes) {
      const oldest = lane.entries[lane.first]
      if (oldest?.offset !== unwritten) continue
      this.#byId.delete(oldest.id)
      lane.first++
    }
  }

  isStale (lane: number, issuedAtMs: number): boolean {
    const { entries, first } = this.#lanes[lane]!
    const oldest = entries[first]
    return oldest !== undefined && issuedAtMs <= oldest.appendedAtMs + clockAheadMsMax
  }

  forgetOld (changelogNextOffset: number): void {
    const tooFarBack = changelogNextOffset - this.#bounds.recordsMax
    for (const lane of this.#lanes) {
      const newest = lane.entries.at(-1)
      if (newest === undefined) continue
      const tooOldMs = newest.appendedAtMs - this.#bounds.windowMs
      for (;;) {
        const second = lane.entries[lane.first + 1]
        if (second === undefined || (second.appendedAtMs >= tooOldMs && second.offset >= tooFarBack)) break
        this.#byId.delete(lane.entries[lane.first]!.id)
        lane.first++
      }
      if (lane.first > 1_000 && lane.first * 2 > lane.entries.length) {
        lane.entries.splice(0, lane.first)
        lane.first = 0
      }
    }
  }

  /**
   * Oldest entries that lie too far back in the changelog and must be written again (S3). A busy lane's oldest moves
   * on by itself at `recordsMax`, so only one that stays put reaches twice that.
   */
  toRestate (changelogNextOffset: number): Seen[] {
    const tooFarBack = changelogNextOffset - 2 * this.#bounds.recordsMax
    const oldest = this.#lanes.map(lane => lane.entries[lane.first])
    return oldest.filter((entry): entry is Seen => entry !== undefined && (entry.offset < tooFarBack || entry.offset === unwritten))
  }

  /** Lowest changelog offset still needed; infinite when none is. */
  lowestOffset (): number {
    let lowest = Infinity
    for (const { entries, first } of this.#lanes) {
      // The oldest may have been written again, behind its successor.
      for (const entry of [entries[first], entries[first + 1]]) {
        if (entry !== undefined) lowest = Math.min(lowest, Math.max(0, entry.offset))
      }
    }
    return lowest
  }
}
