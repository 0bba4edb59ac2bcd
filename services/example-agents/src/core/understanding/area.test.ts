import { expect, test } from '@jest/globals'
import { findArea } from './area.ts'

const unasked = { asked: false }
const asked = { asked: true }

test.each([
  ['I need an apartment in Fremont with pets', 'Fremont'],
  ['Something near South San Francisco, please', 'South San Francisco'],
  ['I am moving to Union City and look for a flat', 'Union City'],
  ['Find me a place in San jose', 'San Jose'],
  ['a home in san mateo preferably', 'san mateo'],
  ['I need it in Walnut creek.', 'Walnut Creek'],
  ['Look in the Sunnyvale area', 'Sunnyvale'],
  ['Not in Concord, in Pleasant Hill', 'Pleasant Hill']
])('an unasked wish %j names %j', (text, area) => {
  expect(findArea(text, unasked)).toBe(area)
})

test.each([
  ['Sunnyvale.', 'Sunnyvale'],
  ['San Jose\'s a good area', 'San Jose'],
  ['Novato is good for me', 'Novato'],
  ['vallejo please', 'vallejo'],
  ['I prefer Palo Alto and three bedrooms', 'Palo Alto']
])('the answer %j to "where?" names %j', (text, area) => {
  expect(findArea(text, asked)).toBe(area)
})

test.each([
  'I want to visit in March', 'We will be in touch', 'I am in need of finding a place', 'I\'m in the market for an apartment',
  'pets can be in the building', 'How about Monday?', 'I need two bedrooms.'
])('%j names no place', text => {
  expect(findArea(text, unasked)).toBeUndefined()
})

test('the name of the home on offer is no place', () => {
  expect(findArea('Is the kitchen in Amber Court new?', { asked: false, offer: 'Amber Court' })).toBeUndefined()
})

test('a text that is one endless name gives no place', () => {
  expect(findArea(`in ${'Ab'.repeat(900)}`, asked)).toBeUndefined()
})
