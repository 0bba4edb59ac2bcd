import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { afterCommit, afterFailure, type LaneCounts, noSearch, roundOf, type Search, sumOf } from './bisection.ts'

interface Record { readonly lane: number, readonly id: number }

/** Runs rounds over lanes of records until none is left; a round with a poison record fails, unless it sets it aside. */
function drain (lanes: readonly (readonly number[])[], poison: ReadonlySet<number>, failsAlways = false) {
  const left = lanes.map(lane => [...lane])
  const done: Record[] = []
  const setAside: number[] = []
  let search: Search = noSearch
  let rounds = 0
  while (left.some(lane => lane.length > 0) && rounds < 500) {
    rounds++
    const taken: LaneCounts = roundOf(search) ?? left.map(lane => lane.length)
    const records = left.flatMap((lane, i) => lane.slice(0, taken[i]).map(id => ({ lane: i, id })))
    const isSettingAside = search.step === 'poison'
    if (failsAlways || (!isSettingAside && records.some(({ id }) => poison.has(id)))) {
      search = afterFailure(search, taken, 2)
      continue
    }
    search = afterCommit(search, taken)
    for (const [i, lane] of left.entries()) lane.splice(0, taken[i])
    if (isSettingAside) setAside.push(...records.map(({ id }) => id))
    else done.push(...records)
  }
  return { done, setAside, rounds }
}

const fourLanes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }).map(sizes => {
  let id = 0
  return sizes.map(size => Array.from({ length: size }, () => id++))
})

describe('the search for poison', () => {
  test('sets aside every poison record and no other, and keeps the order of each lane', () => {
    fc.assert(fc.property(fourLanes, fc.array(fc.nat(160), { maxLength: 4 }), (lanes, numbers) => {
      const all = lanes.flat()
      const poison = new Set(numbers.filter(number => number < all.length))
      const { done, setAside } = drain(lanes, poison)
      expect(setAside.toSorted((a, b) => a - b)).toEqual([...poison].toSorted((a, b) => a - b))
      for (const [i, lane] of lanes.entries()) expect(done.filter(record => record.lane === i).map(({ id }) => id)).toEqual(lane.filter(id => !poison.has(id)))
    }))
  })

  test('finds one among n in two failures and about two rounds for each halving', () => {
    for (const at of [0, 1, 250, 498, 499]) {
      const { setAside, rounds } = drain([Array.from({ length: 500 }, (_, i) => i)], new Set([at]))
      expect(setAside).toEqual([at])
      expect(rounds).toBeLessThan(2 + 1 + 2 * Math.ceil(Math.log2(500)))
    }
  })

  test('blames no record for what fails even without one (B2)', () => {
    const { setAside } = drain([[1, 2, 3]], new Set(), true)
    expect(setAside).toEqual([])
  })

  test('one failure is not enough (B1), and a commit forgets it', () => {
    const once = afterFailure(noSearch, [3], 2)
    expect(roundOf(once)).toBeUndefined()
    expect(afterCommit(once, [3])).toEqual(noSearch)
    expect(afterFailure(once, [3], 2)).toEqual({ step: 'empty', suspects: [3] })
  })

  test('what is no record\'s fault changes nothing', () => {
    const search: Search = { step: 'half', suspects: [2, 1] }
    expect(afterFailure(search, [2, 0], undefined)).toBe(search)
  })

  test('a round without records can\'t be to blame', () => {
    const search = [0, 0, 0].reduce<Search>(before => afterFailure(before, [0, 0], 2), noSearch)
    expect(search).toEqual({ step: 'clear', failures: 3 })
    expect(sumOf([0, 0])).toBe(0)
  })
})
