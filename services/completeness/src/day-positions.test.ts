import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { PositionSet } from './core/position-set.ts'
import { digestOf, digestOfRuns } from './day-digest.ts'
import { dayOf, isSettled, takePositions, type DayPositions, type PositionGap } from './day-positions.ts'

const place = { topic: 'mesh.dispatch.p0', partition: 3 }
const noonMs = Date.UTC(2026, 10, 22, 12)
const midnightMs = Date.UTC(2026, 10, 23)

interface Position { readonly offset: number, readonly appendedAtMs: number }

function taken (batches: readonly (readonly Position[])[]): { days: Map<string, DayPositions>, gaps: PositionGap[] } {
  const days = new Map<string, DayPositions>()
  const gaps: PositionGap[] = []
  for (const batch of batches) {
    const round = takePositions(place, batch, days)
    for (const day of round.days) days.set(day.day, day)
    gaps.push(...round.gaps)
  }
  return { days, gaps }
}

const records = fc.uniqueArray(fc.nat(200), { minLength: 1 })
  .map(offsets => offsets.sort((a, b) => a - b).map(offset => ({ offset, appendedAtMs: noonMs + offset * 300_000 })))

test('however the records are cut into batches, the days end the same', () => {
  fc.assert(fc.property(records, fc.array(fc.nat(200)), (some, cuts) => {
    const edges = [0, ...cuts.map(cut => cut % some.length).sort((a, b) => a - b), some.length]
    const batches = edges.slice(1).map((edge, index) => some.slice(edges[index], edge))
    expect(taken(batches)).toEqual(taken([some]))
  }))
})

test('a day says how many, from where to where, and its digest is that of its positions alone', () => {
  fc.assert(fc.property(records, some => {
    const { days, gaps } = taken([some])
    for (const [day, positions] of days) {
      const ofDay = some.filter(({ appendedAtMs }) => dayOf(appendedAtMs) === day).map(({ offset }) => offset)
      const set = new PositionSet()
      for (const offset of ofDay) set.add(offset)
      expect(positions).toMatchObject({ firstOffset: ofDay[0], lastOffset: ofDay.at(-1), records: ofDay.length })
      expect(digestOf(positions)).toBe(digestOfRuns(set.runs()))
      const between = gaps.filter(gap => gap.day === day).map(({ fromOffset, toOffset }) => toOffset - fromOffset)
      expect(ofDay.length + between.reduce((sum, gap) => sum + gap, 0)).toBe(ofDay.at(-1)! - ofDay[0]! + 1)
      expect(between).toHaveLength(positions.gaps)
    }
  }))
})

test('a clock that steps back across midnight gives each day what is its own', () => {
  const times = [midnightMs - 2, midnightMs, midnightMs - 1, midnightMs + 1]
  const { days, gaps } = taken([times.map((appendedAtMs, index) => ({ offset: index + 1, appendedAtMs }))])
  expect([...days.values()].map(({ day, records, firstOffset, lastOffset }) => [day, records, firstOffset, lastOffset])).toEqual([['2026-11-22', 2, 1, 3], ['2026-11-23', 2, 2, 4]])
  expect(gaps.map(({ day, fromOffset, toOffset }) => [day, fromOffset, toOffset])).toEqual([['2026-11-22', 2, 3], ['2026-11-23', 3, 4]])
})

test('what was counted is never counted again', () => {
  const { days } = taken([[{ offset: 5, appendedAtMs: noonMs }]])
  expect(() => takePositions(place, [{ offset: 5, appendedAtMs: noonMs }], days)).toThrow('counted before')
})

test('the digest is the one that is written down', () => {
  const run = (before: Buffer, from: bigint, to: bigint): Buffer => {
    const numbers = Buffer.alloc(16)
    numbers.writeBigUInt64BE(from)
    numbers.writeBigUInt64BE(to, 8)
    return createHash('sha256').update(before).update(numbers).digest()
  }
  expect(digestOfRuns([[0, 4], [7, 7]])).toBe(run(run(Buffer.alloc(32), 0n, 4n), 7n, 7n).toString('hex'))
})

test('a day is settled an hour after its end', () => {
  expect([isSettled('2026-11-22', midnightMs + 3_599_999), isSettled('2026-11-22', midnightMs + 3_600_000)]).toEqual([false, true])
})
