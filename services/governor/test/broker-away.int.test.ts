// Whether /readyz tells the truth while the broker is away.
import { startPrivateBroker, type PrivateBroker } from '@mesh/local-stack'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GovernorStand, type Readiness, readiness, until } from './governor-stand.ts'

let broker: PrivateBroker
let stand: GovernorStand
beforeAll(async () => {
  broker = await startPrivateBroker()
  stand = await GovernorStand.open(1, broker.brokers)
}, 120_000)
afterAll(async () => {
  await stand.close()
  await broker.stop()
}, 60_000)

test('ready; not ready without its broker, for each thing that it can\'t do; ready again by itself', async () => {
  const governor = await stand.start()
  let now: Readiness | undefined
  const looking = setInterval(() => void readiness(governor.healthPort).then(seen => { now = seen }), 200)
  try {
    await until(() => now?.status === 200 && now.notes['circuits'] === 'this governor writes them', 'it is ready, and the owner')
    await broker.kill()
    const problems = ['changesTable', 'circuitElection', 'circuitsTable', 'passes', 'pressureTable', 'registryTable']
    await until(() => problems.every(name => now!.problems[name] !== undefined), 'all that is missing is told')
    expect(now!.status).toBe(503)
    await broker.start()
    await until(() => now!.status === 200, 'it is ready again')
    await until(() => now!.notes['circuits'] === 'this governor writes them', 'it is the owner again')
  } finally {
    clearInterval(looking)
  }
}, 240_000)
