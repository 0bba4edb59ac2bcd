// Coordinators that die, stand still and lose their broker under load, judged from the topics alone by plain readers.
import { afterEach, expect, test } from '@jest/globals'
import { flawless, settleAndJudge } from './judgement.ts'
import { loadAgents, sendLoad } from './load.ts'
import { MeshStand } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

test('SIGKILL of a coordinator five times during 20,000 dispatches: each delivered, decided and answered once', async () => {
  stand = new MeshStand()
  await stand.open(loadAgents)
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  const loading = sendLoad(stand, 20_000, 900)
  for (const id of ['c1', 'c2', 'c1', 'c2', 'c1']) {
    const before = stand.decidedBy(id)
    await stand.until(`${id} deciding`, () => stand.decidedBy(id) > before + 200)
    stand.signal(id, 'SIGKILL')
    stand.startCoordinator(id)
  }
  const sent = await loading
  expect(sent.length).toBeGreaterThanOrEqual(20_000)
  expect(await settleAndJudge(sent, stand)).toEqual(flawless)
}, 240_000)
