import { expect, test } from '@jest/globals'
import { randomPool } from './random-pool.ts'

test('each piece has its size, is given once, and stays as it was', () => {
  const next = randomPool(10)
  const pieces = Array.from({ length: 1_000 }, () => next())
  expect(pieces.every(piece => piece.length === 10)).toBe(true)
  // Of 80 random bits each: two alike would be the same piece.
  expect(new Set(pieces.map(piece => Buffer.from(piece).toString('hex'))).size).toBe(1_000)
})
