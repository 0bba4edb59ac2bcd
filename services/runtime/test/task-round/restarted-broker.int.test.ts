// A broker that goes away under load and comes back, with its data.
//
// It is stopped, not killed: a single broker of Kafka 4.3.x that is killed forgets the markers of transactions that it had
// just decided (KAFKA-20734: they are taken for those of deleted topics while the partitions have no leader). Then readers
// wait for ever, or see an aborted round. No client can mend that; 4.2 doesn't have it.
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

test('the broker restarts under load: the owners come back by themselves, and each record goes through once', async () => {
  const workers = [scenario.worker('a'), scenario.worker('b')]
  await Promise.all(workers.map(worker => worker.running()))
  await scenario.underLoad(async reader => {
    await reader.seenMore(300)
    await broker.restart()
    await reader.seenMore(1_000)
  })
  await scenario.expectContract()
  for (const worker of workers) expect(worker.hasExited).toBe(false)
  scenario.tellGap('broker restarted')
})
