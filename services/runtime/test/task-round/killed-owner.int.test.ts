// Owners that die: between rounds, inside a transaction, and come back at once.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { flawless, Ledger } from './ledger-harness.ts'

let ledger: Ledger

beforeEach(async () => {
  ledger = new Ledger()
  await ledger.open()
})
afterEach(() => ledger.close())

test('one owner alone: every record exactly once, in order, timers and held records once', async () => {
  ledger.start('a')
  await ledger.load(3_000, 3_000)
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(3_000))
})

test('SIGKILL of one owner after the other, each coming back under its own name', async () => {
  ledger.start('a')
  ledger.start('b')
  const load = ledger.load(6_000, 500)
  for (const name of ['a', 'b', 'a']) {
    const before = ledger.outputsBy(name)
    await ledger.until(`${name} working`, () => ledger.outputsBy(name) > before + 50)
    ledger.signal(name, 'SIGKILL')
    ledger.start(name)
  }
  await load
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(6_000))
})

test('SIGKILL inside a transaction: its records are never seen', async () => {
  const dying = ledger.start('a', { LEDGER_SIGNAL: 'SIGKILL' })
  ledger.start('b')
  const load = ledger.load(4_000, 500)
  await ledger.until('a dying', () => dying.signalCode === 'SIGKILL')
  await load
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(4_000))
})
