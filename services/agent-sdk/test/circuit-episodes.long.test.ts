// Twenty times an agent begins to fail one call in five, and gets well again. Prints how long each took.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { checkMs, CircuitGround, until } from './circuit-ground.ts'

const episodes = 20

let ground: CircuitGround
beforeAll(async () => { ground = await CircuitGround.open() }, 120_000)
afterAll(() => ground.close(), 60_000)

test('twenty episodes, twenty recoveries, each by itself within one check after the fault ends, and no caller waits for its deadline', async () => {
  await ground.untilSuccesses(30)
  const trippedMs: number[] = []
  const backMs: number[] = []
  for (let episode = 1; episode <= episodes; episode++) {
    const faultyAtMs = Date.now()
    ground.isFaulty = true
    await until(() => ground.now?.trips === episode, `episode ${episode} begins`)
    trippedMs.push(ground.now!.sinceMs - faultyAtMs)
    const wellAtMs = Date.now()
    ground.isFaulty = false
    await until(() => ground.now!.recoveries === episode, `episode ${episode} ends`)
    const after = ground.changes().filter(({ sinceMs }) => sinceMs > wellAtMs)
    expect(after.filter(({ state }) => state === 'half_open').length).toBeLessThanOrEqual(1)
    backMs.push(after.find(({ state }) => state === 'slow_start')!.sinceMs - wellAtMs)
  }
  await ground.rest()
  const told = (some: readonly number[]) => `${Math.min(...some)} to ${Math.max(...some)} ms`
  console.log(`cut off ${told(trippedMs)} after it began to fail, let in again ${told(backMs)} after it was well; calls: ${[...ground.outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`)
  expect(ground.now).toMatchObject({ state: 'closed', trips: episodes, recoveries: episodes })
  expect([...ground.outcomes.keys()].sort()).toEqual(['CUT_OFF', 'MOODY', 'success'])
  // A check, and as long again for the answers of its probes on a busy machine.
  expect(Math.max(...backMs)).toBeLessThan(2 * checkMs)
}, 600_000)
