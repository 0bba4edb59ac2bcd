// The records of one task that were fetched and not yet committed, a bounded queue for each input topic.
//
// Invariants:
//   L1. A lane above its bound, in records or in bytes, asks to be paused; below half of both, to be resumed.
//   L2. `nextOffset` is where the next fetch of the lane must begin; a record below it was taken in before.
//   L3. Records stay until their round has committed, so a round may be tried again, whole or in part.
import type { LaneCounts } from './bisection.ts'
import type { LaneState } from './take-policy.ts'
import type { InputRecord } from './task-logic.ts'

interface Lane {
  records: InputRecord[]
  /** Index of the first record not yet consumed. */
  head: number
  bytes: number
  nextOffset: number
  paused: boolean
}

export interface LaneBounds {
  readonly recordsMax: number
  readonly bytesMax: number
}

/** Consumed records are cut off in pieces of this size, because cutting copies the rest. */
const consumedMax = 1_000

export class Lanes {
  readonly #lanes: readonly Lane[]
  readonly #bounds: LaneBounds

  constructor (firstOffsets: readonly number[], bounds: LaneBounds) {
    this.#lanes = firstOffsets.map(nextOffset => ({ records: [], head: 0, bytes: 0, nextOffset, paused: false }))
    this.#bounds = bounds
  }

  waiting (): number[] { return this.#lanes.map(lane => lane.records.length - lane.head) }
  /** What waits in each lane, and since when by the time at which it was appended. */
  states (nowMs: number): LaneState[] {
    return this.#lanes.map(({ records, head }) => ({ records: records.length - head, oldestAgeMs: nowMs - (records[head]?.appendedAtMs ?? nowMs) }))
  }

  nextOffset (lane: number): number { return this.#lanes[lane]!.nextOffset }
  isPaused (lane: number): boolean { return this.#lanes[lane]!.paused }
  holds (counts: LaneCounts): boolean { return this.#lanes.every((lane, i) => lane.records.length - lane.head >= counts[i]!) }

  push (record: InputRecord): void {
    const lane = this.#lanes[record.lane]!
    if (record.offset < lane.nextOffset) return
    lane.records.push(record)
    lane.bytes += sizeOf(record)
    lane.nextOffset = record.offset + 1
  }

  /** After a batch: the next fetch begins behind its last offset, be that a record or a marker. */
  advance (lane: number, nextOffset: number): void {
    const own = this.#lanes[lane]!
    own.nextOffset = Math.max(own.nextOffset, nextOffset)
  }

  /** True once when the lane should be paused now. */
  shouldPause (lane: number): boolean {
    const own = this.#lanes[lane]!
    const isFull = own.records.length - own.head > this.#bounds.recordsMax || own.bytes > this.#bounds.bytesMax
    if (own.paused || !isFull) return false
    own.paused = true
    return true
  }

  /** Lanes that should be resumed now; told once. */
  toResume (): number[] {
    const resumed: number[] = []
    for (const [i, lane] of this.#lanes.entries()) {
      const isLow = lane.records.length - lane.head < this.#bounds.recordsMax / 2 && lane.bytes < this.#bounds.bytesMax / 2
      if (!lane.paused || !isLow) continue
      lane.paused = false
      resumed.push(i)
    }
    return resumed
  }

  /** The first `counts[lane]` records of each lane; past `bytesMax` in all, a lane gives only its first. */
  peek (counts: LaneCounts, bytesMax: number): InputRecord[] {
    const taken: InputRecord[] = []
    let bytes = 0
    for (const [i, lane] of this.#lanes.entries()) {
      for (let at = lane.head; at < lane.head + counts[i]!; at++) {
        const record = lane.records[at]!
        bytes += sizeOf(record)
        if (bytes > bytesMax && at > lane.head) break
        taken.push(record)
      }
    }
    return taken
  }

  countsOf (taken: readonly InputRecord[]): number[] {
    const counts = this.#lanes.map(() => 0)
    for (const { lane } of taken) counts[lane]!++
    return counts
  }

  /** Drops what a committed round took. */
  consume (taken: readonly InputRecord[]): void {
    for (const record of taken) {
      const lane = this.#lanes[record.lane]!
      lane.head++
      lane.bytes -= sizeOf(record)
    }
    for (const lane of this.#lanes) {
      if (lane.head < consumedMax && lane.head < lane.records.length) continue
      lane.records = lane.records.slice(lane.head)
      lane.head = 0
    }
  }
}

const sizeOf = ({ key, value, headerBytes }: InputRecord): number => (key?.length ?? 0) + (value?.length ?? 0) + headerBytes
