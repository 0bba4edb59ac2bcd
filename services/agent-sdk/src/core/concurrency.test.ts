import { expect, test } from '@jest/globals'
import { concurrencyShare } from './concurrency.ts'

test.each([
  ['all partitions: all of it', 50, 16, 16, 50],
  ['a part: rounded down', 50, 5, 16, 15],
  ['a small part: at least one', 2, 1, 16, 1],
  ['no partition: one', 50, 0, 16, 1],
  ['no partitions known: one', 50, 0, 0, 1]
])('%s', (_, maxConcurrent, assigned, all, share) => expect(concurrencyShare(maxConcurrent, assigned, all)).toBe(share))

test('shares of several instances stay within maxConcurrent while there is enough of it', () => {
  const shares = [6, 5, 5].map(assigned => concurrencyShare(10, assigned, 16))
  expect(shares.reduce((sum, share) => sum + share)).toBeLessThanOrEqual(10)
})
