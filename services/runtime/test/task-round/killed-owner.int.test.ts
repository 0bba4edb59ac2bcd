// An owner that is killed, anywhere, even inside a transaction.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario()
  await scenario.open()
})
afterEach(() => scenario.close())

test('SIGKILL of one owner after another under load, each started again at once', async () => {
  let victim = scenario.worker('a')
  let other = scenario.worker('b')
  await Promise.all([victim.running(), other.running()])
  await scenario.underLoad(async reader => {
    for (let kills = 0; kills < 3; kills++) {
      await reader.seenMore(300)
      await victim.kill()
      // Waits for its former self to leave the group before it joins: otherwise the survivor would stand still, too.
      const again = scenario.worker(victim.name)
      await again.running();
      [victim, other] = [other, again]
    }
    await reader.seenMore(300)
  })
  await scenario.expectContract()
  scenario.tellGap('SIGKILL')
})

test('SIGKILL inside a transaction: what it had written is never seen', async () => {
  // Fencing must release the readers, not the transaction's age.
  const options = { transactionTimeoutMs: 60_000 }
  const doomed = scenario.worker('a', { signalInside: 'SIGKILL', signalAfterRounds: 20, options })
  const other = scenario.worker('b', { options })
  await Promise.all([doomed.running(), other.running()])
  await scenario.underLoad(async reader => {
    const { task } = await doomed.said('it is inside a transaction', ({ event }) => event === 'inside')
    const before = other.events.length
    expect(await doomed.exited()).toBe('SIGKILL')
    await other.running(task, before)
    await reader.seenMore(300)
  })
  await scenario.expectContract()
  scenario.tellGap('SIGKILL inside a transaction')
})
