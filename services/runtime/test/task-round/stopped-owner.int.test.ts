// An owner that stands still past its session and then goes on: the zombie.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

/** So that it is fencing that ends the zombie's transaction, not its age. */
const options = { transactionTimeoutMs: 60_000 }

beforeEach(async () => {
  scenario = new Scenario()
  await scenario.open()
})
afterEach(() => scenario.close())

test('SIGSTOP inside a transaction, past the session: the late commit is refused, and the process steps back in', async () => {
  const zombie = scenario.worker('a', { signalInside: 'SIGSTOP', signalAfterRounds: 20, options })
  const other = scenario.worker('b', { options })
  await Promise.all([zombie.running(), other.running()])
  await scenario.underLoad(async reader => {
    const { task: inside } = await zombie.said('it stands inside a transaction', ({ event }) => event === 'inside')
    await other.running(inside, other.events.length)
    await reader.seenMore(300, 'b')
    const before = zombie.events.length
    zombie.signal('SIGCONT')
    const { reason } = await zombie.said('a round failed', ({ msg, task }) => msg === 'a round failed' && task === inside, before)
    expect(reason).toMatch(/^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)/)
    console.log(`late commit refused: ${reason}`)
    await zombie.running(undefined, before)
    await reader.seenMore(300, 'a')
  })
  await scenario.expectContract()
})

test('SIGSTOP while it fences: it takes the ids of its successor, and neither loses anything', async () => {
  const first = scenario.worker('a')
  await first.runningAll()
  await scenario.underLoad(async reader => {
    const zombie = scenario.worker('b', { signalBeforeFence: 1 })
    await zombie.said('it stands between two ids', ({ event }) => event === 'inside')
    // The tasks that had gone to it come back when its session has ended.
    const before = first.events.length
    await first.running(undefined, before)
    await reader.seenMore(300)
    zombie.signal('SIGCONT')
    await zombie.running()
    await reader.seenMore(300, 'b')
  })
  await scenario.expectContract()
})
