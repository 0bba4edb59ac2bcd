// An owner that stands still inside a transaction past its session, and then goes on: the zombie.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { flawless, Ledger } from './ledger-harness.ts'

let ledger: Ledger

beforeEach(async () => {
  ledger = new Ledger()
  await ledger.open()
})
afterEach(() => ledger.close())

test('SIGSTOP inside a transaction, then SIGCONT: the late commit is refused, and the process works again', async () => {
  const log: string[] = []
  const zombie = ledger.start('a', { LEDGER_SIGNAL: 'SIGSTOP' })
  zombie.stdout!.on('data', chunk => log.push(String(chunk)))
  ledger.start('b')
  const load = ledger.load(7_000, 500)
  await ledger.until('a standing still', () => log.join('').includes('signal inside a transaction'))
  const before = ledger.outputsBy('b')
  // All three tasks are b's when each has gone on.
  await ledger.until('b taking over', () => ledger.outputsBy('b') > before + 1_500)
  zombie.kill('SIGCONT')
  await ledger.until('the late commit being refused', () => /a task failed and starts anew|UNKNOWN_PRODUCER|fenced|epoch/i.test(log.join('').split('signal inside a transaction')[1] ?? ''))
  const own = ledger.outputsBy('a')
  await ledger.until('a working again', () => ledger.outputsBy('a') > own)
  await load
  await ledger.settle()
  expect(ledger.judge()).toEqual(flawless(7_000))
})
