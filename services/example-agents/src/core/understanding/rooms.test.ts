import { expect, test } from '@jest/globals'
import { findRooms } from './rooms.ts'

const nothing = { beds: false, baths: false }

test.each([
  ['a two-bedroom with 2 baths', { beds: 2, baths: 2 }],
  ['3 bed/2 bath', { beds: 3, baths: 2 }],
  ['2 bed rooms and baths', { beds: 2, baths: 2 }],
  ['4br 2.5 ba', { beds: 4, baths: 2 }],
  ['not two, three bedrooms', { beds: 3 }],
  ['just one bathroom', { baths: 1 }],
  ['an apartment with 3 rooms', { beds: 3 }],
  ['a studio downtown', { beds: 0 }],
  ['an apartment in Fremont', {}]
])('%j says %j', (text, rooms) => {
  expect(findRooms(text, nothing)).toEqual(rooms)
})

test('a bare number answers what was asked, and nothing when nothing was', () => {
  expect(findRooms('four would do', { beds: true, baths: false })).toEqual({ beds: 4 })
  expect(findRooms('2', { beds: false, baths: true })).toEqual({ baths: 2 })
  expect(findRooms('four would do', nothing)).toEqual({})
})

test('a date is no number of bedrooms', () => {
  expect(findRooms('from the 4th', { beds: true, baths: false })).toEqual({})
})
