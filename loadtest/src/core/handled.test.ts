import { expect, test } from '@jest/globals'
import { Handled, mergeHandled } from './handled.ts'

const isHandled = (bits: Uint8Array, place: number): boolean => ((bits[place >>> 3] ?? 0) & (1 << (place & 7))) !== 0

test('each place counts once, and again as doubled', () => {
  const handled = new Handled()
  for (const place of [0, 9, 70_000, 9]) handled.note(place, undefined, place)
  expect(handled.report()).toMatchObject({ count: 3, doubled: 1, outOfOrder: 0 })
  expect([0, 1, 9, 70_000, 9_000_000].map(place => isHandled(handled.report().bits, place))).toEqual([true, false, true, true, false])
})

test('within a lane an earlier one after a later one is out of order; across lanes nothing is', () => {
  const handled = new Handled()
  for (const [n, lane] of [[3, 1], [1, 2], [2, 1], [4, 1]] as const) handled.note(n, lane, n)
  expect(handled.report().outOfOrder).toBe(1)
})

test('what two processes handled is doubled', () => {
  const [one, other] = [new Handled(), new Handled()]
  for (const place of [1, 2, 3]) one.note(place, undefined, place)
  for (const place of [3, 4_000_000]) other.note(place, undefined, place)
  expect(mergeHandled([one.report(), other.report()])).toMatchObject({ count: 4, doubled: 1 })
})
