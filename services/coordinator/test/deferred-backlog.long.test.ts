// Half a million dispatches of one source wait in one task. What a new owner needs for that, in memory and time, and
// whether another source notices.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { MeshStand, offering, quota, registration, request } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

const total = 500_000
const chunk = 1_000
const event = (source: string, n: number): Dispatch => request({
  dispatchId: `${source}-${n}`, source, type: 'event', ttlMs: null, priority: 3, workflowId: 'one-workflow', issuedAtMs: Date.now(), payload: Buffer.alloc(200, 'x')
})

test('500,000 deferred in a task: memory within 300 MB, a first release within 10 s of a restart, another source not late', async () => {
  stand = new MeshStand()
  const agents = [registration('flooder', { dependencies: ['look'] }), registration('other', { dependencies: ['look'] }), registration('looker', { capabilities: [offering('look')] })]
  await stand.open(agents, [quota('agent/flooder', 20, { burst: 1, outstandingMax: 1_000_000 }), quota('agent/other', 10, { burst: 1 })])
  let child = stand.startCoordinator('c1')
  for (let n = 0; n < total; n += chunk) {
    await stand.send(...Array.from({ length: chunk }, (_, i) => event('flooder', n + i)))
    await stand.until('decisions keeping up', () => stand.audit.length > n - 50_000, 120_000)
    if (n % 100_000 === 0) console.log(`${n} sent, ${stand.audit.length} decided`)
  }
  await stand.until('all deferred', () => stand.audit.filter(({ value }) => value.decision !== 'released').length >= total, 300_000)

  child.kill('SIGKILL')
  await new Promise(resolve => child.once('exit', resolve))
  const released = () => stand.audit.filter(({ value }) => value.decision === 'released').length
  const before = released()
  child = stand.startCoordinator('c2')
  const startedMs = performance.now()
  await stand.until('a first release', () => released() > before, 60_000)
  const firstReleaseMs = performance.now() - startedMs

  // Its second has to wait 100 ms for its slot.
  await stand.send(event('other', 1), event('other', 2))
  const arrival = () => stand.audit.find(({ value }) => value.dispatchId === 'other-2' && value.decision === 'released')?.value
  await stand.until('the other source\'s release', () => arrival() !== undefined)
  const latenessMs = arrival()!.atMs - arrival()!.dueAtMs!
  const rssMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1_024
  console.log(`first release ${Math.round(firstReleaseMs)} ms after the restart (start of the process and 3 s session included), ${Math.round(rssMb)} MB resident, the other source ${latenessMs} ms late`)
  expect(firstReleaseMs).toBeLessThan(10_000)
  expect(rssMb).toBeLessThan(300)
  expect(latenessMs).toBeLessThan(100)
}, 900_000)
