import { expect, test } from '@jest/globals'
import { areaOf, isNear } from './places.ts'

test.each([
  ['San Jose', 'san jose'], ['san jose, CA', 'san jose'], ['SF', 'san francisco'], ['SFO', 'san francisco'], ['  Walnut   Creek. ', 'walnut creek'], ['Seattle', 'seattle'], [undefined, undefined]
])('%p is %p', (said, place) => expect(areaOf(said)).toBe(place))

test('towns of one side of the bay are near each other, unknown places are near nothing', () => {
  expect(isNear('Fremont', 'newark')).toBe(true)
  expect(isNear('Fremont', 'Napa')).toBe(false)
  expect(isNear('Seattle', 'Seattle')).toBe(false)
  expect(isNear('Fremont', undefined)).toBe(false)
})
