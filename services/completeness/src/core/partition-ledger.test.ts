import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PartitionLedger, type DecidedSoFar } from './partition-ledger.ts'
import { sumOf } from './sum.ts'

const [topic, partition] = ['mesh.dispatch.p0', 1]
const row = (offset: number, eventId = `${topic}/${partition}/${offset}`, decision = 'delivered') => ({ eventId, decision, topic, partition, offset })
const all: DecidedSoFar = { decidedBelow: Infinity, isOnItsWay: () => false, endOffset: 100 }

function ledgerOf (expected: readonly number[], rows: readonly ReturnType<typeof row>[], readBelow = 100): PartitionLedger {
  const ledger = new PartitionLedger(topic, partition, 3)
  for (const offset of expected) ledger.expect(offset)
  ledger.readBelow(readBelow)
  for (const each of rows) ledger.row(each)
  return ledger
}

test('a record whose admission is there is found, whatever offsets lie between', () => {
  const verdict = ledgerOf([0, 1, 5], [row(0), row(1), row(5)]).verdict(all)
  expect(verdict).toMatchObject({ expected: 3, found: 3, missing: 0, duplicate: 0, unexpected: 0 })
  expect(sumOf([verdict]).isComplete).toBe(true)
})

test('one that was decided and is nowhere is missing, by name', () => {
  const verdict = ledgerOf([0, 1, 5], [row(0), row(5)]).verdict(all)
  expect(verdict).toMatchObject({ found: 2, missing: 1, firstMissing: ['mesh.dispatch.p0/1/1'] })
  expect(sumOf([verdict]).isComplete).toBe(false)
})

test('later decisions about the same record count for nothing', () => {
  expect(ledgerOf([0], [row(0), row(0, `${topic}/${partition}/0/released`, 'released'), row(0, 'task/1/d/timeout/9', 'timed_out')]).verdict(all))
    .toMatchObject({ found: 1, duplicate: 0, unexpected: 0 })
})

test('the same admission at two times, and one under another id, are duplicates by name', () => {
  expect(ledgerOf([0, 1], [row(0), row(0), row(1), row(1, 'copy')]).verdict(all))
    .toMatchObject({ found: 2, duplicate: 2, firstDuplicate: ['mesh.dispatch.p0/1/0', 'copy'], missing: 0 })
})

test('a copy does not stand in for the admission', () => {
  expect(ledgerOf([1], [row(1, 'copy')]).verdict(all)).toMatchObject({ found: 0, missing: 1, duplicate: 1 })
})

test('an event of a record that was never committed is unexpected, within what was read and beyond the end', () => {
  expect(ledgerOf([0], [row(0), row(3), row(100), row(500)], 100).verdict({ ...all, endOffset: 200 }))
    .toMatchObject({ found: 1, unexpected: 2, firstUnexpected: ['mesh.dispatch.p0/1/3', 'mesh.dispatch.p0/1/500'] })
})

test('what is on its way, and what is not decided, is not missing', () => {
  const ledger = ledgerOf([0, 1, 2, 3, 4], [row(0)])
  expect(ledger.verdict({ decidedBelow: 3, isOnItsWay: offset => offset === 2, endOffset: 100 }))
    .toMatchObject({ found: 1, missing: 1, notArchivedYet: 1, undecided: 2, firstMissing: ['mesh.dispatch.p0/1/1'] })
})

test('without the coordinators\' positions, what lies below an archived one was decided', () => {
  expect(ledgerOf([0, 1, 2, 3], [row(2)]).verdict({ ...all, decidedBelow: 0 })).toMatchObject({ missing: 2, undecided: 1 })
})

test('each expected record ends in exactly one count', () => {
  const numbers = fc.uniqueArray(fc.nat(60))
  fc.assert(fc.property(numbers, numbers, numbers, fc.nat(70), (expected, rows, waiting, decidedBelow) => {
    const isOnItsWay = (offset: number): boolean => waiting.includes(offset)
    const verdict = ledgerOf(expected, rows.map(offset => row(offset))).verdict({ decidedBelow, isOnItsWay, endOffset: 100 })
    expect(verdict.found + verdict.missing + verdict.notArchivedYet + verdict.undecided).toBe(verdict.expected)
    expect(verdict.unexpected).toBe(rows.filter(offset => !expected.includes(offset)).length)
  }))
})
