import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InFlight } from './in-flight.ts'

describe('in flight', () => {
  test('nothing taken: the commit offset is where reading goes on', () => expect(new InFlight(7).commitOffset()).toBe(7))

  test('the commit offset stays at the first unfinished record', () => {
    const partition = new InFlight(0)
    for (const offset of [0, 1, 2]) partition.take(offset)
    partition.done(1)
    partition.done(2)
    expect(partition.commitOffset()).toBe(0)
    expect(partition.unfinished).toBe(1)
    partition.done(0)
    expect(partition.commitOffset()).toBe(3)
  })

  test('gaps count as done', () => {
    const partition = new InFlight(0)
    partition.take(2)
    partition.take(5)
    partition.skipTo(9)
    partition.done(2)
    expect(partition.commitOffset()).toBe(5)
    partition.done(5)
    expect(partition.commitOffset()).toBe(9)
  })

  test('a record is not taken twice', () => {
    const partition = new InFlight(3)
    partition.take(3)
    expect(() => partition.take(3)).toThrow(RangeError)
    expect(() => partition.take(2)).toThrow(RangeError)
  })

  test('done twice, or of a record that was not taken, changes nothing', () => {
    const partition = new InFlight(0)
    partition.take(0)
    partition.done(4)
    partition.done(0)
    partition.done(0)
    expect(partition.commitOffset()).toBe(1)
    expect(partition.unfinished).toBe(0)
  })

  test('whatever the order of ends, the commit offset never passes an unfinished record', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(40), { minLength: 1 }), fc.infiniteStream(fc.nat()), (offsets, picks) => {
      const rising = offsets.toSorted((a, b) => a - b)
      const partition = new InFlight(0)
      for (const offset of rising) partition.take(offset)
      const left = [...rising]
      while (left.length > 0) {
        expect(partition.commitOffset()).toBe(left[0]!)
        const [offset] = left.splice((picks.next().value ?? 0) % left.length, 1)
        partition.done(offset!)
      }
      expect(partition.commitOffset()).toBe(rising.at(-1)! + 1)
    }))
  })
})
