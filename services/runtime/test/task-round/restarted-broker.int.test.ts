// A broker that goes away under load and comes back, with its data.
import { type PrivateBroker, startPrivateBroker } from '@mesh/local-stack'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let broker: PrivateBroker
let scenario: Scenario

beforeEach(async () => {
  broker = await startPrivateBroker()
  scenario = new Scenario(4, broker.brokers)
  await scenario.open()
})
afterEach(async () => {
  await scenario.close()
  await broker.stop()
})

test('the broker is restarted, then killed, under load: the owners come back by themselves, and each record goes through once', async () => {
  const workers = [scenario.worker('a'), scenario.worker('b')]
  await Promise.all(workers.map(worker => worker.running()))
  await scenario.underLoad(async reader => {
    await reader.seenMore(300)
    await broker.restart()
    await reader.seenMore(1_000)
    await broker.kill()
    await broker.start()
    await reader.seenMore(1_000)
  })
  await scenario.expectContract()
  for (const worker of workers) expect(worker.hasExited).toBe(false)
  scenario.tellGap('broker restarted and killed')
})
