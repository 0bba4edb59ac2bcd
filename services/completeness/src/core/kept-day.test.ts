import { expect, test } from '@jest/globals'
import { expectKept } from './kept-day.ts'
import { PartitionLedger } from './partition-ledger.ts'

test('expects what lies between the gaps, and knows where the day ended', () => {
  const ledger = new PartitionLedger('t', 0)
  expectKept(ledger, { firstOffset: 3, lastOffset: 12, gaps: [{ fromOffset: 5, toOffset: 7 }, { fromOffset: 9, toOffset: 12 }] })
  expect([...ledger.expected]).toEqual([3, 4, 7, 8, 12])
  ledger.row({ eventId: 'x', decision: 'delivered', topic: 't', partition: 0, offset: 5 })
  expect(ledger.verdict({ decidedBelow: 0, isOnItsWay: () => false, endOffset: 13 }).unexpected).toBe(1)
})
