import { expect, test } from '@jest/globals'
import { findAddress, maskAddresses } from './street-address.ts'

test.each([
  ['It is at 1546 Maurice Lane.', '1546 Maurice Lane'],
  ['at 947 Branham Lane # C there is', '947 Branham Lane # C'],
  ['888 Golden Apartment Homes located at 1475 167th Avenue', '1475 167th Avenue'],
  ['the 1000 Kiely at 1000 Kiely Boulevard', '1000 Kiely Boulevard']
])('in %j the address is %j', (text, address) => {
  expect(findAddress(text)).toBe(address)
})

test('numbers of rooms and dollars begin no address', () => {
  expect(findAddress('It has 3 bedrooms and the rent is 2500 dollars per month')).toBeUndefined()
})

test('a masked address is an @', () => {
  expect(maskAddresses('Amber Court at 34050 Westchester Terrace has 3 beds')).toBe('Amber Court at @ has 3 beds')
})
