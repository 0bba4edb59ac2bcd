import { describe, expect, test } from '@jest/globals'
import { Lanes } from './lanes.ts'
import type { InputRecord } from './task-logic.ts'

const record = (lane: number, offset: number, bytes = 10): InputRecord =>
  ({ lane, topic: `in.${lane}`, partition: 0, offset, appendedAtMs: 0, key: null, value: Buffer.alloc(bytes), headerBytes: 0, headers: {} })
const offsetsOf = (records: readonly InputRecord[]): string[] => records.map(({ lane, offset }) => `${lane}/${offset}`)

function filled (...counts: number[]): Lanes {
  const lanes = new Lanes(counts.map(() => 0), { recordsMax: 10, bytesMax: 1_000 })
  for (const [lane, count] of counts.entries()) for (let offset = 0; offset < count; offset++) lanes.push(record(lane, offset))
  return lanes
}

describe('Lanes', () => {
  test('gives records in order of lane, then offset, and again until they are consumed (L3)', () => {
    const lanes = filled(2, 3)
    expect(offsetsOf(lanes.peek([1, 2], 1_000))).toEqual(['0/0', '1/0', '1/1'])
    const taken = lanes.peek([1, 2], 1_000)
    expect(lanes.countsOf(taken)).toEqual([1, 2])
    lanes.consume(taken)
    expect(offsetsOf(lanes.peek([1, 1], 1_000))).toEqual(['0/1', '1/2'])
    expect(lanes.waiting()).toEqual([1, 1])
  })

  test('a record below the next offset was taken in before (L2)', () => {
    const lanes = new Lanes([5], { recordsMax: 10, bytesMax: 1_000 })
    for (const offset of [3, 4, 5, 5, 7]) lanes.push(record(0, offset))
    expect(offsetsOf(lanes.peek([2], 1_000))).toEqual(['0/5', '0/7'])
    expect(lanes.nextOffset(0)).toBe(8)
    lanes.advance(0, 12)
    lanes.advance(0, 9)
    expect(lanes.nextOffset(0)).toBe(12)
  })

  test('asks once to be paused above its bound, and once to be resumed below half of it (L1)', () => {
    const lanes = filled(11)
    expect([lanes.shouldPause(0), lanes.shouldPause(0), lanes.isPaused(0)]).toEqual([true, false, true])
    lanes.consume(lanes.peek([5], 1_000))
    expect(lanes.toResume()).toEqual([])
    lanes.consume(lanes.peek([2], 1_000))
    expect([lanes.toResume(), lanes.toResume(), lanes.isPaused(0)]).toEqual([[0], [], false])
  })

  test('bytes count as well as records (L1)', () => {
    const lanes = new Lanes([0], { recordsMax: 10, bytesMax: 1_000 })
    lanes.push(record(0, 0, 2_000))
    expect(lanes.shouldPause(0)).toBe(true)
  })

  test('past the bytes of a round each lane gives only its first record', () => {
    const lanes = filled(3, 3)
    expect(offsetsOf(lanes.peek([3, 3], 25))).toEqual(['0/0', '0/1', '1/0'])
  })

  test('says of each lane how many wait, and how long the first of them has waited', () => {
    const lanes = new Lanes([0, 0], { recordsMax: 10, bytesMax: 1_000 })
    for (const [offset, appendedAtMs] of [1_000, 1_400].entries()) lanes.push({ ...record(1, offset), appendedAtMs })
    expect(lanes.states(1_500)).toEqual([{ records: 0, oldestAgeMs: 0 }, { records: 2, oldestAgeMs: 500 }])
    lanes.consume(lanes.peek([0, 1], 1_000))
    expect(lanes.states(1_500)).toEqual([{ records: 0, oldestAgeMs: 0 }, { records: 1, oldestAgeMs: 100 }])
  })

  test('keeps nothing of what was consumed, however long it runs', () => {
    const lanes = new Lanes([0], { recordsMax: 10_000, bytesMax: 1_000_000 })
    for (let offset = 0; offset < 5_000; offset++) {
      lanes.push(record(0, offset))
      if (offset % 2 === 1) lanes.consume(lanes.peek([1], 1_000))
    }
    expect(lanes.waiting()).toEqual([2_500])
    expect(offsetsOf(lanes.peek([1], 1_000))).toEqual(['0/2500'])
  })
})
