// Owners that come and go as they should.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario()
  await scenario.open()
})
afterEach(() => scenario.close())

test('two join, two leave by SIGTERM: each record goes through once, with hardly a pause', async () => {
  const first = scenario.worker('a')
  await first.runningAll()
  await scenario.underLoad(async reader => {
    await reader.seenMore(200)
    const second = scenario.worker('b')
    await second.running()
    await reader.seenMore(200)
    await scenario.worker('c').running()
    for (const leaving of [second, first]) {
      await reader.seenMore(200)
      leaving.signal('SIGTERM')
      expect(await leaving.exited()).toBe(0)
    }
    await reader.seenMore(200)
  })
  await scenario.expectContract()
  scenario.tellGap('join and SIGTERM')
})

test('an owner\'s last round commits after its task was given away: its successor goes on behind it', async () => {
  // The round in hand of a task that is given away is still open when the successor looks where to begin.
  const first = scenario.worker('a', { holdInsideMs: 900 })
  await first.runningAll()
  await scenario.underLoad(async reader => {
    await reader.seenMore(300)
    await scenario.worker('b', { holdBeforeFenceMs: 1_300 }).running()
    await reader.seenMore(300, 'b')
  })
  await scenario.expectContract()
})
