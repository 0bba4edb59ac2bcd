// No hazard at all: what the others are measured against.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario(1)
  await scenario.open()
})
afterEach(() => scenario.close())

test('one owner of one task: each record goes through once, and a SIGTERM ends it cleanly', async () => {
  const worker = scenario.worker('a')
  await worker.running(0)
  await scenario.load.burst(1_000)
  await scenario.expectContract()
  worker.signal('SIGTERM')
  expect(await worker.exited()).toBe(0)
})
