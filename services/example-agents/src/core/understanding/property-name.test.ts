import { expect, test } from '@jest/globals'
import { findConfirmed, findOffer } from './property-name.ts'

test.each([
  ['I found Harbor Lights Apartments at 12 Ocean Street. It has 2 bedrooms for $2,000 a month.', 'Harbor Lights Apartments'],
  ['At 12 Ocean Street, Harbor Lights has 2 bedrooms and 1 bath for $2,000.', 'Harbor Lights'],
  ['There is a great apartment at 5 Elm Court called Stone Mill with 2 beds.', 'Stone Mill'],
  ['How about 1000 Elms, which you can find at 1000 Elms Boulevard?', '1000 Elms'],
  ['Pines at Cedar Point at 5 Hill Road offers 2 bed rooms for $2,700.', 'Pines at Cedar Point'],
  ['Willow Place, located at 5 Hill Road, is nice.', 'Willow Place'],
  ['The Arc is another option, located at 5 Hill Road.', 'The Arc'],
  ['the rent of the stone mill apartments located at 5 hill road is 4800 dollar', 'stone mill apartments'],
  ['Stone mill is a great 1 bedroom at 5 hill road for $1900', 'Stone mill'],
  ['Stone Mill Located at 5 Hill Road has 2 beds.', 'Stone Mill']
])('%j offers %j', (reply, name) => {
  expect(findOffer(reply)).toBe(name)
})

test.each(['The phone number is 510-555-1234. Yes, pets are allowed.', 'How many bedrooms do you need?', 'The rent is $2,000 per month.'])('%j offers no home', reply => {
  expect(findOffer(reply)).toBeUndefined()
})

test('the area that is searched is not taken for a home', () => {
  expect(findOffer('In Fremont I found Stone Mill at 5 Hill Road for $2,000.', 'Fremont')).toBe('Stone Mill')
  expect(findOffer('In Fremont the rent is about $2,000 per month.', 'Fremont')).toBeUndefined()
})

test('a confirmation names the home', () => {
  expect(findConfirmed('Please confirm: a visit to Stone Mill on March 9th.')).toBe('Stone Mill')
})
