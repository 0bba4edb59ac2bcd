// An agent that fails one call in five, in the whole mesh: registry, coordinator and governor as processes.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { CircuitGround, until } from './circuit-ground.ts'

let ground: CircuitGround
beforeAll(async () => { ground = await CircuitGround.open() }, 120_000)
afterAll(() => ground.close(), 60_000)

test('it is cut off; meanwhile its callers get the fallback and none waits for its deadline; well again, it is back with the next check', async () => {
  await ground.untilSuccesses(30)
  ground.isFaulty = true
  await until(() => ground.now?.state === 'open', 'it is cut off')
  expect(ground.now).toMatchObject({ reason: 'ERROR_RATE', trips: 1, forcedBy: null })
  await until(() => (ground.outcomes.get('CUT_OFF') ?? 0) >= 10, 'callers get the fallback')
  await until(() => ground.changes().filter(({ state }) => state === 'half_open').length >= 2, 'probes find it still faulty')
  expect(ground.now!.trips).toBe(1)

  const wellAtMs = Date.now()
  ground.isFaulty = false
  await until(() => ground.now!.state === 'closed', 'it is back')
  await ground.untilSuccesses(30)
  await ground.rest()

  expect(ground.now).toMatchObject({ trips: 1, recoveries: 1 })
  // One that ran when it got well may have had a failure behind it; of those after it, the first is enough.
  expect(ground.changes().filter(({ state, sinceMs }) => state === 'half_open' && sinceMs > wellAtMs).length).toBeLessThanOrEqual(1)
  expect([...ground.outcomes.keys()].sort()).toEqual(['CUT_OFF', 'MOODY', 'success'])
  expect(ground.now!.callsBlocked).toBeGreaterThan(0)
  expect(ground.alerts.map(({ kind, agent }) => [kind, agent])).toEqual([['CIRCUIT_OPENED', 'moody'], ['CIRCUIT_CLOSED', 'moody']])
}, 180_000)
