// Run by `npm run test:long`: Kafka 4.3.1 itself loses transaction markers in some restarts (KAFKA-20734), which no client can mend.
// The broker goes away under load and comes back: a private one, because the others share theirs.
import { afterEach, expect, test } from '@jest/globals'
import { type PrivateBroker, startPrivateBroker } from '@mesh/local-stack'
import { flawless, settleAndJudge } from './judgement.ts'
import { loadAgents, sendLoad } from './load.ts'
import { MeshStand } from './mesh-stand.ts'

let stand: MeshStand | undefined
let broker: PrivateBroker | undefined
afterEach(async () => {
  await stand?.close()
  await broker?.stop()
})

test('a broker restarted under load: the coordinators go on by themselves, and nothing is lost or doubled', async () => {
  broker = await startPrivateBroker()
  stand = new MeshStand(broker.brokers.join(','))
  await stand.open(loadAgents)
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  const loading = sendLoad(stand, 6_000, 500)
  await stand.until('decisions', () => stand!.audit.length > 500)
  await broker.restart()
  expect(await settleAndJudge(await loading, stand)).toEqual(flawless)
}, 240_000)
