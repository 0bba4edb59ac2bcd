import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Call, CallWindow } from './call-window.ts'

const call = (atMs: number, changes: Partial<Call> = {}): Call => ({ atMs, deliveredAtMs: atMs, isError: false, handlerMs: 50, ...changes })
const counts = (window: CallWindow, nowMs: number) => {
  const { calls, errors, times } = window.totals(nowMs)
  return [calls, errors, times.total]
}

test('calls count for a window, and no longer', () => {
  const window = new CallWindow(12_000)
  window.add(call(1_000), 1_000)
  window.add(call(2_500, { isError: true, handlerMs: null }), 2_500)
  expect(counts(window, 2_500)).toEqual([2, 1, 1])
  expect(counts(window, 12_999)).toEqual([2, 1, 1])
  expect(counts(window, 13_000)).toEqual([1, 1, 0])
  expect(counts(window, 14_000)).toEqual([0, 0, 0])
})

test('one that comes late counts where it belongs, one from before the window nowhere, one from the future now', () => {
  const window = new CallWindow(12_000)
  window.add(call(5_000), 20_000)
  window.add(call(15_000), 20_000)
  window.add(call(99_000), 20_000)
  expect(counts(window, 20_000)).toEqual([2, 0, 2])
  expect(counts(window, 27_500)).toEqual([1, 0, 1])
  expect(counts(window, 33_000)).toEqual([0, 0, 0])
})

test('cleared, it takes no call that was handed over before, however late its outcome comes', () => {
  const window = new CallWindow(12_000)
  window.add(call(20_000), 20_000)
  window.clear(21_000)
  expect(counts(window, 21_000)).toEqual([0, 0, 0])
  window.add(call(23_000, { deliveredAtMs: 20_999, isError: true }), 23_000)
  window.add(call(23_000, { deliveredAtMs: 21_000 }), 23_000)
  expect(counts(window, 23_000)).toEqual([1, 0, 1])
})

test('it holds what the last window holds, whatever the order and the times', () =>
  fc.assert(fc.property(fc.array(fc.record({ atMs: fc.nat(60_000), isError: fc.boolean(), handlerMs: fc.option(fc.nat(5_000)) }), { maxLength: 100 }), some => {
    const window = new CallWindow(12_000)
    let nowMs = 0
    for (const one of some) {
      nowMs = Math.max(nowMs, one.atMs)
      window.add(call(one.atMs, one), nowMs)
    }
    const slice = (ms: number) => Math.floor(ms / 1_000)
    const inside = some.filter(({ atMs }) => slice(atMs) > slice(nowMs) - 12)
    const errors = inside.filter(({ isError }) => isError)
    const timed = inside.filter(({ handlerMs }) => handlerMs !== null)
    expect(counts(window, nowMs)).toEqual([inside.length, errors.length, timed.length])
  })))
