import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type AbortedTransaction, type FetchedRecord, leaveOutAborted } from './aborted-records.ts'

const data = (offset: number, producerId: string): FetchedRecord =>
  ({ offset: String(offset), key: Buffer.from('k'), isControlRecord: false, batchContext: { producerId, inTransaction: true } })
const marker = (offset: number, producerId: string, isCommit: boolean): FetchedRecord =>
  ({ offset: String(offset), key: Buffer.from([0, 0, 0, isCommit ? 1 : 0]), isControlRecord: true, batchContext: { producerId, inTransaction: true } })
const handedOver = (records: readonly FetchedRecord[], aborted: readonly AbortedTransaction[]) => {
  leaveOutAborted(records, aborted)
  return records.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset))
}

test('a fetch that begins within two aborted transactions, which the broker lists by their ends', () => {
  // a: 10, 12, aborted at 14; b: 11, 13, aborted at 15. The fetch begins at 12.
  const records = [data(12, 'a'), data(13, 'b'), marker(14, 'b', false), marker(15, 'a', false), data(16, 'c')]
  expect(handedOver(records, [{ producerId: 'b', firstOffset: '11' }, { producerId: 'a', firstOffset: '10' }])).toEqual([16])
})

test('a producer that goes on after its aborted transaction is heard again', () => {
  const records = [data(1, 'a'), marker(2, 'a', false), data(3, 'a'), marker(4, 'a', true)]
  expect(handedOver(records, [{ producerId: 'a', firstOffset: '1' }])).toEqual([3])
})

test('a record whose key looks like an abort marker is none', () => {
  const lookalike = { ...data(1, 'a'), key: Buffer.from([0, 0, 0, 0]) }
  expect(handedOver([lookalike, data(2, 'a'), marker(3, 'a', false)], [{ producerId: 'a', firstOffset: '1' }])).toEqual([])
})

test('records outside transactions always come through', () => {
  const plain: FetchedRecord = { offset: '2', key: null, isControlRecord: false, batchContext: { producerId: '-1', inTransaction: false } }
  expect(handedOver([data(1, 'a'), plain, marker(3, 'a', false)], [{ producerId: 'a', firstOffset: '1' }])).toEqual([2])
})

test('property: whatever lies between what, and wherever the fetch begins, exactly the committed records come through', () => {
  const step = fc.record({ producer: fc.constantFrom('a', 'b', 'c', 'd'), what: fc.constantFrom('data', 'data', 'data', 'commit', 'abort') })
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, from) => {
    const records: FetchedRecord[] = []
    const open = new Map<string, number[]>()
    const aborted: (AbortedTransaction & { readonly lastOffset: number })[] = []
    const committed: number[] = []
    // Every transaction ends: a reader of committed records sees nothing behind an open one.
    const ended = [...steps, ...['a', 'b', 'c', 'd'].map(producer => ({ producer, what: 'abort' as const }))]
    ended.forEach(({ producer, what }, offset) => {
      const own = open.get(producer) ?? []
      if (what === 'data') {
        records.push(data(offset, producer))
        open.set(producer, [...own, offset])
        return
      }
      records.push(marker(offset, producer, what === 'commit'))
      // The broker lists an aborted transaction when it ends.
      if (what === 'abort' && own.length > 0) aborted.push({ producerId: producer, firstOffset: String(own[0]), lastOffset: offset })
      if (what === 'commit') committed.push(...own)
      open.delete(producer)
    })
    // The broker names those that end within or after the fetched range.
    const listed = aborted.filter(({ lastOffset }) => lastOffset >= from)
    const fetched = records.filter(({ offset }) => Number(offset) >= from)
    expect(handedOver(fetched, listed)).toEqual(committed.filter(offset => offset >= from).sort((a, b) => a - b))
  }), { numRuns: 1_000 })
})
