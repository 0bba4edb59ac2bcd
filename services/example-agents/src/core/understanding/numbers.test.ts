import { expect, test } from '@jest/globals'
import { countOf } from './numbers.ts'

test.each([['3', 3], ['Three', 3], ['a', 1], ['single', 1], ['twelve', 12], ['many', undefined], ['', undefined]])('%j counts %j', (text, count) => {
  expect(countOf(text)).toBe(count)
})
