import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aliveMs, placesKept } from './urgent-reserve.ts'

test('one place in eight is kept while P0 is alive, one at least', () =>
  expect([3, 4, 8, 15, 16, 64].map(handlers => placesKept(handlers, 0))).toEqual([1, 1, 1, 1, 2, 8]))

test('U1: none without P0', () => expect([placesKept(64, aliveMs), placesKept(64, aliveMs + 1), placesKept(64, Infinity)]).toEqual([8, 0, 0]))

test('U2: at least half are for all', () =>
  fc.assert(fc.property(fc.nat(1_000), fc.nat(5_000), (handlers, sinceMs) => expect(placesKept(handlers, sinceMs)).toBeLessThanOrEqual(handlers / 2))))
