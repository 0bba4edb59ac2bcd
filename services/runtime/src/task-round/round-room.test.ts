import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nextRoom } from './round-room.ts'

const bounds = { roundRecordsMax: 500, transactionTimeoutMs: 2_000 }
const after = (room: number, records: number, durationMs: number) => nextRoom(room, { records, durationMs }, bounds)

test('a failed round halves the next one, as far as the least', () =>
  expect([after(500, 500, Infinity), after(500, 300, Infinity), after(500, 40, Infinity), after(60, 60, Infinity)]).toEqual([250, 150, 50, 50]))
test('a quick full one lets it grow, up to the bound', () => expect([after(100, 100, 499), after(450, 450, 10)]).toEqual([125, 500]))
test('one that was slow, or not full, changes nothing', () => expect([after(100, 100, 500), after(100, 100, 1_999), after(100, 99, 10)]).toEqual([100, 100, 100]))
test('what took nothing and failed, failed for another reason', () => expect(after(400, 0, Infinity)).toBe(400))
test('a bound below the least holds', () => expect(nextRoom(5, { records: 5, durationMs: Infinity }, { ...bounds, roundRecordsMax: 5 })).toBe(5))

test('property: never below the least, never above the bound', () => {
  const round = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), durationMs: fc.oneof(fc.nat(3_000), fc.constant(Infinity)) })
  fc.assert(fc.property(fc.array(round), rounds => {
    let room = bounds.roundRecordsMax
    for (const { share, durationMs } of rounds) {
      room = after(room, Math.floor(share * room), durationMs)
      expect(room).toBeGreaterThanOrEqual(50)
      expect(room).toBeLessThanOrEqual(500)
    }
  }))
})

test('property: at any speed that lets the least through in time, rounds come to end in time', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), msPerRecord => {
    let room = bounds.roundRecordsMax
    const took = () => room * msPerRecord > bounds.transactionTimeoutMs ? Infinity : room * msPerRecord
    for (let rounds = 0; rounds < 10; rounds++) room = after(room, room, took())
    expect(took()).toBeLessThan(Infinity)
  }))
})
