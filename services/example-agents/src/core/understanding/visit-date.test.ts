import { expect, test } from '@jest/globals'
import { findVisitDate, isTimeWord } from './visit-date.ts'

test.each([
  ['the 14th of this month works', '14th of this month'],
  ['on the 8th of March', '8th of March'],
  ['March 13th would work', 'March 13th'],
  ['on 11th', 'the 11th'],
  ['The 9th is when I\'m free', 'The 9th'],
  ['can I go Tuesday next week?', 'Tuesday next week'],
  ['next Friday', 'next Friday'],
  ['on the day after tomorrow', 'day after tomorrow'],
  ['later today', 'later today'],
  ['not March 10th, make it March 14th', 'March 14th'],
  ['Saturday at 3pm', 'Saturday']
])('%j names %j', (text, date) => {
  expect(findVisitDate(text)).toBe(date)
})

test.each(['I may want to visit', 'at 9:30', '2 bedrooms', 'yes please'])('%j names no day', text => {
  expect(findVisitDate(text)).toBeUndefined()
})

test('names of days and months are time words', () => {
  expect([isTimeWord('March'), isTimeWord('friday'), isTimeWord('Fremont')]).toEqual([true, true, false])
})
