import { expect, test } from '@jest/globals'
import { heldAgainst, positionOf } from './positions.ts'

const logged: unknown[] = []
const note = (fields: unknown) => { logged.push(fields) }
const logger = { info: note, warn: note, error: note, debug: note }
const found = (committed: number, low: number, high: number) => ({ topic: 'in', task: 0, committed, low, high })

test('goes on at the committed offset', () => expect(positionOf(found(7, 0, 9), logger)).toBe(7))
test('begins at the first record held when nothing was committed', () => expect(positionOf(found(-1, 3, 9), logger)).toBe(3))

test('goes on at the first record held when retention took what was next, and says so', () => {
  logged.length = 0
  expect(positionOf(found(2, 5, 9), logger)).toBe(5)
  expect(logged).toHaveLength(1)
})

test('an offset beyond the end is for an operator to decide', () => {
  expect(() => positionOf(found(12, 0, 9), logger)).toThrow(expect.objectContaining({ code: 'POSITION_BEYOND_END' }))
})

const at = (nextOffset: number) => ({ nextOffset, endOffset: 9 })

test('what the changelog shows as taken goes before a group\'s offset that lies behind it, and says so', () => {
  logged.length = 0
  const positions = new Map([['a', at(0)], ['b', at(7)], ['changes', at(2)]])
  expect(heldAgainst(positions, new Map([['a', 9], ['b', 6], ['other', 9]]), 0, logger)).toEqual(new Map([['a', 9], ['b', 7], ['changes', 2]]))
  expect(logged).toMatchObject([{ topic: 'a', committed: 0, known: 9 }])
})

test('what the changelog shows as taken of a topic that ends before it is for an operator to decide', () => {
  expect(() => heldAgainst(new Map([['a', at(0)]]), new Map([['a', 10]]), 0, logger)).toThrow(expect.objectContaining({ code: 'POSITION_BEYOND_END' }))
})
