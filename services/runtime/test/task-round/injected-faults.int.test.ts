// Rounds that fail for no reason of a record's: one in a hundred before its commit, one in a hundred after.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario()
  await scenario.open()
})
afterEach(() => scenario.close())

test('each failed round is done once in the end, and no record is blamed', async () => {
  // Small rounds, so that there are many.
  const settings = { faultRate: 0.01, options: { roundRecordsMax: 10 } }
  const workers = [scenario.worker('a', settings), scenario.worker('b', settings)]
  await Promise.all(workers.map(worker => worker.running()))
  await scenario.underLoad(reader => reader.seenMore(4_000))
  await scenario.expectContract()
  const failed = workers.flatMap(worker => worker.events).filter(({ msg }) => msg === 'a task failed and begins anew')
  console.log(`${failed.length} rounds failed`)
  expect(failed.length).toBeGreaterThan(3)
})
