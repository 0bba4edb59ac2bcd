import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Batch, type Told, TransactionFate } from './transaction-fate.ts'

const batch = (producerId: number, records: readonly string[]): Batch<string> =>
  ({ producerId: BigInt(producerId), isTransactional: true, marker: null, records })
const marker = (producerId: number, what: 'commit' | 'abort'): Batch<string> => ({ ...batch(producerId, []), marker: what })
const told = (batches: readonly Batch<string>[]): Told<string>[] => {
  const fates = new TransactionFate<string>()
  return [...batches.flatMap(each => fates.take(each)), ...fates.open()]
}

test('what is in no transaction is committed at once', () => {
  expect(told([{ ...batch(1, ['a']), isTransactional: false }])).toEqual([{ record: 'a', fate: 'committed' }])
})

test('transactions that lie between each other each have their own fate', () => {
  const fates = told([batch(1, ['a']), batch(2, ['b']), batch(1, ['c']), marker(1, 'abort'), batch(1, ['d']), marker(2, 'commit'), marker(1, 'commit'), batch(2, ['e'])])
  expect(Object.fromEntries(fates.map(({ record, fate }) => [record, fate]))).toEqual({ a: 'aborted', b: 'committed', c: 'aborted', d: 'committed', e: 'open' })
})

test('each record is told once, with the fate that its producer\'s next marker names', () => {
  const step = fc.record({ producer: fc.integer({ min: 1, max: 3 }), what: fc.constantFrom('write', 'commit', 'abort') })
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), steps => {
    const batches = steps.map(({ producer, what }, n) => what === 'write' ? batch(producer, [`${n}`]) : marker(producer, what as 'commit' | 'abort'))
    const expected = steps.flatMap(({ producer, what }, n) => {
      if (what !== 'write') return []
      const end = steps.slice(n).find(later => later.producer === producer && later.what !== 'write')?.what
      return [{ record: `${n}`, fate: end === undefined ? 'open' : end === 'commit' ? 'committed' : 'aborted' }]
    })
    const byRecord = (a: { record: string }, b: { record: string }) => Number(a.record) - Number(b.record)
    expect(told(batches).sort(byRecord)).toEqual(expected)
  }))
})
