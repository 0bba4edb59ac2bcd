import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { roundOf, timesOf, type ReadPart } from './counting-round.ts'

const part = (changes: Partial<ReadPart> & Pick<ReadPart, 'partition'>): ReadPart =>
  ({ topic: 't', startOffset: 0, records: [], nextOffset: 0, endOffset: 10, decidedBelow: 10, ...changes })
const at = (...times: number[]) => times.map((appendedAtMs, offset) => ({ offset, appendedAtMs }))

test('only what was decided is taken', () => {
  expect(roundOf([part({ partition: 0, records: at(1, 2, 3, 4), nextOffset: 4, endOffset: 4, decidedBelow: 2 })], 99)[0])
    .toMatchObject({ nextOffset: 2, records: at(1, 2), countedUntilMs: 2 })
})

test('partitions are cut at the time up to which all were read', () => {
  const parts = [part({ partition: 0, records: at(1, 2, 50), nextOffset: 3 }), part({ partition: 1, records: at(5, 6, 7), nextOffset: 3 })]
  const [first, second] = roundOf(parts, 99)
  expect([first!.nextOffset, first!.records.length, second!.nextOffset, second!.records.length]).toEqual([2, 2, 3, 3])
  expect(timesOf([first!, second!])).toEqual({ fromMs: 1, toMs: 7 })
})

test('one that has nothing more to give holds back nobody, and is counted up to when it was asked', () => {
  const parts = [part({ partition: 0, records: at(1), nextOffset: 1, endOffset: 1 }), part({ partition: 1, records: at(5, 6), nextOffset: 2 })]
  const [drained, other] = roundOf(parts, 99)
  expect([drained!.countedUntilMs, other!.records.length, other!.countedUntilMs]).toEqual([99, 2, 6])
})

test('markers behind the last decided record are passed, up to the first undecided one', () => {
  const records = [{ offset: 0, appendedAtMs: 5 }, { offset: 4, appendedAtMs: 6 }]
  const undecided = part({ partition: 0, records, nextOffset: 7, endOffset: 7, decidedBelow: 1 })
  expect(roundOf([undecided], 99)[0]).toMatchObject({ nextOffset: 4, records: records.slice(0, 1) })
  const decided = part({ partition: 0, records: records.slice(0, 1), nextOffset: 4, endOffset: 4, decidedBelow: 1 })
  expect(roundOf([decided], 99)[0]).toMatchObject({ nextOffset: 4, countedUntilMs: 99 })
})

test('markers at the end are passed', () => {
  expect(roundOf([part({ partition: 0, nextOffset: 10 })], 99)[0]).toMatchObject({ nextOffset: 10, records: [], countedUntilMs: 99 })
})

test('each round moves on where there is something, and takes nothing twice', () => {
  const partition = fc.record({ count: fc.integer({ min: 1, max: 8 }), step: fc.integer({ min: 1, max: 9 }), decided: fc.integer({ min: 1, max: 12 }) })
  const arbitrary = fc.array(partition, { minLength: 1, maxLength: 4 })
  fc.assert(fc.property(arbitrary, partitions => {
    const whole = partitions.map(({ count, step }) => Array.from({ length: count }, (_, offset) => ({ offset, appendedAtMs: offset * step })))
    const next = partitions.map(() => 0)
    const seen = partitions.map((): number[] => [])
    for (let round = 0; round < 40; round++) {
      const parts = partitions.map(({ count, decided }, partition) => {
        const records = whole[partition]!.filter(({ offset }) => offset >= next[partition]!).slice(0, 3)
        const nextOffset = (records.at(-1)?.offset ?? next[partition]! - 1) + 1
        return part({ partition, startOffset: next[partition]!, records, nextOffset, endOffset: count, decidedBelow: decided })
      })
      const taken = roundOf(parts, 99)
      const isOpen = partitions.some(({ count, decided }, index) => next[index]! < Math.min(count, decided))
      expect(taken.some(({ startOffset, nextOffset }) => nextOffset > startOffset)).toBe(isOpen)
      for (const { partition, records, nextOffset } of taken) {
        seen[partition]!.push(...records.map(({ offset }) => offset))
        next[partition] = nextOffset
      }
      if (!isOpen) break
    }
    for (const [index, { decided }] of partitions.entries()) expect(seen[index]).toEqual(whole[index]!.map(({ offset }) => offset).slice(0, decided))
  }))
})
