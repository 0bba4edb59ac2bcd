import { expect, test } from '@jest/globals'
import { normalise, sentencesOf, textCharsMax } from './normalise.ts'

test('quotes, dashes and spaces are made even, case is kept', () => {
  expect(normalise('  I\u2019d  like\n \u201CAmber Court\u201D \u2013 now ')).toBe('I\'d like "Amber Court" - now')
})

test('a message longer than the bound is cut', () => {
  expect(normalise('a'.repeat(textCharsMax + 1))).toHaveLength(textCharsMax)
})

test('sentences end at marks, also without a space, but not inside numbers and addresses', () => {
  expect(sentencesOf('It costs $4.50. Is it?It should be. Mail a@b.com')).toEqual(['It costs $4.50.', 'Is it?', 'It should be.', 'Mail a@b.com'])
})
