import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { clockSkewMs, coverageOf, type HeadsAt } from './coverage.ts'
import { mergedRuns } from './runs.ts'

const root = ''
const heads = (index: number, atMs: number, ...sizes: number[]): HeadsAt => ({ index, atMs, heads: sizes.map((size, log) => ({ log, size, root })) })
const minute = 60_000
const all = [heads(1, 0, 5), heads(2, 10 * minute, 8, 2), heads(4, 20 * minute, 9, 6), heads(5, 40 * minute, 30, 7)]
const covered = (fromMs: number, toMs: number) => {
  const { statements, logs } = coverageOf(all, fromMs, toMs)
  return [[statements.from, statements.to], ...[...logs].map(([log, { from, to }]) => [log, from, to])]
}

test('a time is covered from the last heads before it to the first behind it, the skew of clocks included', () => {
  expect(covered(10 * minute + clockSkewMs, 20 * minute - clockSkewMs)).toEqual([[2, 5], [0, 8, 9], [1, 2, 6]])
  expect(covered(10 * minute + clockSkewMs - 1, 20 * minute - clockSkewMs)).toEqual([[1, 5], [0, 5, 9], [1, 0, 6]])
  expect(covered(10 * minute + clockSkewMs, 20 * minute - clockSkewMs + 1)).toEqual([[2, 6], [0, 8, 30], [1, 2, 7]])
})

test('before the first heads it begins at nothing, behind the last it ends there', () => {
  expect(covered(-minute, minute)).toEqual([[0, 3], [0, 0, 8], [1, 0, 2]])
  expect(covered(50 * minute, 60 * minute)).toEqual([[5, 6], [0, 30, 30], [1, 7, 7]])
  expect(coverageOf([], 0, 1)).toEqual({ statements: { from: 0, to: 0 }, logs: new Map() })
})

test('property: runs become as few as say the same', () => fc.assert(fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(4))), pairs => {
  const runs = pairs.map(([from, count]) => ({ from, to: from + count }))
  const places = (some: typeof runs) => new Set(some.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)))
  const merged = mergedRuns(runs)
  expect([...places(merged)].sort((a, b) => a - b)).toEqual([...places(runs)].sort((a, b) => a - b))
  for (const [i, run] of merged.entries()) expect(run.to).toBeLessThan(merged[i + 1]?.from ?? Infinity)
  expect(merged.every(({ from, to }) => from < to)).toBe(true)
})))
