import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DueQueue } from './due-queue.ts'

test('property: taking gives every id in order of due time', () => {
  fc.assert(fc.property(fc.array(fc.nat(50)), dueTimes => {
    const queue = new DueQueue()
    dueTimes.forEach((dueMs, i) => queue.put({ dueMs, id: String(i) }))
    const taken: number[] = []
    for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next.dueMs)
    expect(taken).toEqual([...dueTimes].sort((a, b) => a - b))
  }))
})

test('property: due() names the soonest that are due, without taking them', () => {
  fc.assert(fc.property(fc.array(fc.nat(50)), fc.nat(50), fc.nat(20), (dueTimes, nowMs, idsMax) => {
    const queue = new DueQueue()
    dueTimes.forEach((dueMs, i) => queue.put({ dueMs, id: String(i) }))
    const due = queue.due(nowMs, idsMax).map(id => dueTimes[Number(id)]!)
    expect(due).toEqual(dueTimes.filter(ms => ms <= nowMs).sort((a, b) => a - b).slice(0, idsMax))
    expect(queue.size).toBe(dueTimes.length)
  }))
})
