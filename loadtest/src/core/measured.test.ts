import { describe, expect, test } from '@jest/globals'
import { type Account, faultsOf, lostOf } from './measured.ts'

const account = (changes: Partial<Account> & { count?: number } = {}): Account => ({
  handled: { bits: new Uint8Array(), count: changes.count ?? 10, doubled: 0, outOfOrder: 0 },
  places: 10, requests: 0, replied: 0, skipped: 0, ended: {}, handlings: 1, ...changes
})

describe('lost', () => {
  test('is nothing where all was handled', () => expect(lostOf(account())).toBe(0))
  test('is what nothing was heard of', () => expect(lostOf(account({ count: 7 }))).toBe(3))
  test('is not what ended with a reason, nor what never left', () => expect(lostOf(account({ count: 7, ended: { TIMEOUT: 2 }, skipped: 1 }))).toBe(0))
  test('is a request without an answer, though it was handled', () => expect(lostOf(account({ requests: 5, replied: 4 }))).toBe(1))
  test('is not hidden by an ending elsewhere in a chain beyond its own hops', () =>
    expect(lostOf(account({ places: 30, handlings: 3, count: 20, ended: { TIMEOUT: 2 } }))).toBe(4))
})

test('each thing that is wrong is named', () => {
  const clean = { lost: 0, duplicated: 0, outOfOrder: 0, skipped: 0, arrivals: 1_000, ended: { TIMEOUT: 10, MEANT_TO_FAIL: 500 } }
  expect(faultsOf(clean, '1.0')).toEqual([])
  expect(faultsOf({ ...clean, ended: { CIRCUIT_OPEN: 6, TIMEOUT: 5 } }, undefined)).toEqual(['11 of 1000 ended otherwise (CIRCUIT_OPEN, TIMEOUT)'])
  expect(faultsOf({ ...clean, lost: 2 }, '0.999999')).toEqual(['2 lost', 'the audit is complete to 0.999999 only'])
})
