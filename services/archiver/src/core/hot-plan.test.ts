import { describe, expect, test } from '@jest/globals'
import { isInTheWay, mayFill, mayWrite, mustEvict, nextSlice, pauseMsFor, sliceMsAfter, sliceMsFirst, type Room } from './hot-plan.ts'

const dayMs = 24 * 60 * 60 * 1_000
const nowMs = 100 * dayMs
const hotMs = 30 * dayMs

describe('the past is read newest first', () => {
  test('from what may come yet down to a little before now', () =>
    expect(nextSlice(nowMs + 3 * dayMs, sliceMsFirst, nowMs, hotMs)).toEqual({ fromMs: nowMs - sliceMsFirst, toMs: nowMs + 3 * dayMs }))
  test('each slice ends where the last one began, and the last at the horizon', () => {
    let sinceMs = nowMs + 3 * dayMs
    let sliceMs = sliceMsFirst
    let slices = 0
    for (let slice = nextSlice(sinceMs, sliceMs, nowMs, hotMs); slice !== undefined; slice = nextSlice(sinceMs, sliceMs, nowMs, hotMs)) {
      expect(slice.toMs).toBe(sinceMs)
      expect(slice.fromMs).toBeLessThan(slice.toMs)
      sinceMs = slice.fromMs
      sliceMs = sliceMsAfter(sliceMs, 0)
      slices++
    }
    expect(sinceMs).toBe(nowMs - hotMs)
    expect(slices).toBeLessThan(50)
  })
  test('in smaller slices where there is much', () => expect([sliceMsAfter(60_000, 100_000), sliceMsAfter(60_000, 5_000), sliceMsAfter(11_000, 100_000)]).toEqual([30_000, 60_000, 10_000]))
})

describe('room', () => {
  const room = (changes: Partial<Room>): Room => ({ bytes: 0, bytesMax: 100, usedBytes: 0, redisBytesMax: Infinity, ...changes })
  const plan = (changes: Partial<Room>) => [mayFill, mayWrite, mustEvict].map(each => each(room(changes)))
  test('of its own: filled up to a part, written to a little more than all, made from its oldest', () => {
    expect(plan({ bytes: 50 })).toEqual([true, true, false])
    expect(plan({ bytes: 90 })).toEqual([false, true, false])
    expect(plan({ bytes: 100 })).toEqual([false, true, true])
    expect(plan({ bytes: 120 })).toEqual([false, false, true])
  })
  test('what came before what is still to be read makes room for it, and nothing that is covered does', () => {
    const slice = { fromMs: 1_000, toMs: 2_000 }
    const inTheWay = (endMs: number, bytes: number) => isInTheWay(endMs, slice, room({ bytes }))
    expect([inTheWay(1_000, 90), inTheWay(1_001, 90), inTheWay(1_000, 50)]).toEqual([true, false, false])
    expect(isInTheWay(1_000, undefined, room({ bytes: 90 }))).toBe(false)
  })
  test('of Redis\'s: a fifth is left to the others', () => {
    expect(plan({ usedBytes: 70, redisBytesMax: 100 })).toEqual([false, true, false])
    expect(plan({ usedBytes: 81, redisBytesMax: 100 })).toEqual([false, false, true])
  })
})

test('reading is slowed to what is allowed', () => expect([pauseMsFor(1_000, 20, 10_000), pauseMsFor(1_000, 200, 10_000)]).toEqual([80, 0]))
