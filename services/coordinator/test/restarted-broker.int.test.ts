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

test('a broker restarted, then killed, under load: the coordinators go on by themselves, and nothing is lost or doubled', async () => {
  broker = await startPrivateBroker()
  stand = new MeshStand(broker.brokers.join(','))
  await stand.open(loadAgents)
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  const loading = sendLoad(stand, 6_000, 500)
  await stand.until('decisions', () => stand!.audit.length > 500)
  await broker.restart()
  await stand.until('decisions after the restart', () => stand!.audit.length > 3_000)
  await broker.kill()
  await broker.start()
  expect(await settleAndJudge(await loading, stand)).toEqual(flawless)
}, 240_000)
