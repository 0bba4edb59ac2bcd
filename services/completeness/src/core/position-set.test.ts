import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PositionSet } from './position-set.ts'

const offsets = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 65_500, max: 65_600 }), fc.maxSafeInteger().map(Math.abs)), { maxLength: 200 })
const setOf = (some: readonly number[]): PositionSet => {
  const set = new PositionSet()
  for (const offset of some) set.add(offset)
  return set
}
const sorted = (some: Iterable<number>): number[] => [...some].sort((a, b) => a - b)

test('it is a set of numbers, whatever they are', () => {
  fc.assert(fc.property(offsets, offsets, (some, others) => {
    const [set, other] = [setOf(some), setOf(others)]
    const model = new Set(some)
    expect([...set]).toEqual(sorted(model))
    expect(set.count).toBe(model.size)
    for (const offset of [...some, ...others]) expect(set.has(offset)).toBe(model.has(offset))
    expect([...set.without(other)]).toEqual(sorted([...model].filter(offset => !others.includes(offset))))
  }))
})

test('adding says whether it was new', () => {
  const set = new PositionSet()
  expect([set.add(31), set.add(31), set.add(32)]).toEqual([true, false, true])
})

test('its runs are maximal, ascending, and hold every offset once', () => {
  fc.assert(fc.property(offsets, some => {
    const runs = [...setOf(some).runs()]
    for (const [index, [from, to]] of runs.entries()) {
      expect(from).toBeLessThanOrEqual(to)
      if (index > 0) expect(from).toBeGreaterThan(runs[index - 1]![1] + 1)
    }
    expect(runs.reduce((sum, [from, to]) => sum + (to - from + 1), 0)).toBe(new Set(some).size)
    for (const offset of some) expect(runs.some(([from, to]) => from <= offset && offset <= to)).toBe(true)
  }))
})
