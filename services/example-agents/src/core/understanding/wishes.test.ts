import { expect, test } from '@jest/globals'
import { asksForOthers, findWishes } from './wishes.ts'

const before = { hasOffer: false, searches: false }
const after = { hasOffer: true, searches: false }

test.each([
  ['I want a pet friendly apartment', { petsAllowed: true }],
  ['I have a dog', { petsAllowed: true }],
  ['fully furnished please', { furnished: true }],
  ['it should not be furnished', { furnished: false }],
  ['no pets, with a washer', { inUnitLaundry: true }]
])('before any home was offered, %j is a wish', (text, slots) => {
  expect(findWishes(text, before)).toEqual({ slots, asks: [] })
})

test.each([
  ['Are pets allowed?', ['pets']],
  ['Is it furnished, and what is the phone number?', ['furnished', 'phone']],
  ['I also need to know if pets are allowed', ['pets']],
  ['I want to bring my cat there, is the apartment pet friendly?', ['pets']],
  ['How much is the rent?', ['price']]
])('about the home on offer, %j is a question', (text, asks) => {
  expect(findWishes(text, after)).toEqual({ slots: {}, asks })
})

test('after an offer a wish needs a search: in the sentence, or elsewhere in the turn', () => {
  expect(findWishes('Can you find me other apartments that allow pets?', after).slots).toEqual({ petsAllowed: true })
  expect(findWishes('I do need it furnished', after).slots).toEqual({ furnished: true })
  expect(findWishes('Pet friendly only.', { hasOffer: true, searches: true }).slots).toEqual({ petsAllowed: true })
})

test.each([
  ['Show me something else', true], ['Do you have another apartment?', true], ['Can you find me one in Napa?', true],
  ['Another question: is it furnished?', false], ['I don\'t need anything else', false], ['Find me the phone number', false], ['Sounds good', false]
])('%j asks for other homes: %j', (text, wants) => {
  expect(asksForOthers(text)).toBe(wants)
})
