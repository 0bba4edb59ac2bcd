// Owners that come, go in good order, and meet errors on their way.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { flawless, Ledger } from './ledger-harness.ts'

let ledger: Ledger

beforeEach(async () => {
  ledger = new Ledger()
  await ledger.open()
})
afterEach(() => ledger.close())

test('joins and SIGTERM: tasks move, nothing is lost, doubled or reordered', async () => {
  ledger.start('a')
  const load = ledger.load(5_000, 500)
  await ledger.until('a working', () => ledger.outputsBy('a') > 100)
  ledger.start('b')
  await ledger.until('b working', () => ledger.outputsBy('b') > 100)
  ledger.start('c')
  await ledger.until('c working', () => ledger.outputsBy('c') > 100)
  ledger.signal('b', 'SIGTERM')
  ledger.signal('a', 'SIGTERM')
  await load
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(5_000))
})

test('errors before and after commits, one in a hundred each', async () => {
  ledger.start('a', { LEDGER_FAULT_RATE: '0.01' })
  ledger.start('b', { LEDGER_FAULT_RATE: '0.01' })
  await ledger.load(5_000, 700)
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(5_000))
})

test('a record that makes its round fail is found by halving and set aside; its partition goes on', async () => {
  ledger.start('a')
  await ledger.load(1_500, 1_500, [400, 401, 900])
  await ledger.settle()
  const { poison, ...rest } = ledger.judge()
  expect([...poison].sort()).toEqual(['poison/i400', 'poison/i401', 'poison/i900'])
  expect(rest).toEqual({ ...flawless(1_500), poison: undefined })
})
