// An agent that may send 10/s sends 200 requests at once; another one's workflows share its tasks. What the neighbour
// notices is printed, because times are the machine's; what becomes of each request is asserted. Run by
// `npm run test:long -- --testPathPatterns neighbour`.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { defineAgent } from '../src/index.ts'
import { limit, type MeshGround, startMeshGround, startProcess, stopProcess } from './mesh-ground.ts'
import { offer, percentile, type Run, said } from './offered-load.ts'
import { told } from './told-flooder.ts'

const floodRecords = 200
const quotaPerS = 10
const neighbourPerS = 50
const warmMs = 30_000
/** As long as a flood takes at its rate. */
const phaseMs = floodRecords / quotaPerS * 1_000
const turns = 3
const ttlMs = 60_000

let mesh: MeshGround
const processes: ChildProcess[] = []
let flooder: ChildProcess
beforeAll(async () => {
  mesh = await startMeshGround()
  processes.push(
    await startProcess('services/agent-sdk/test/storm-worker.ts', { ...mesh.environment, STORM_HANDLER_MS: '5', STORM_MAX_CONCURRENT: '64' }),
    await startProcess('services/coordinator/src/main.ts', { ...mesh.environment, MESH_TASKS: '2', MESH_COORDINATOR_ID: 'coordinator-2' }))
  await limit(mesh, 'flooder', quotaPerS)
  flooder = await startProcess('services/agent-sdk/test/storm-flooder.ts', mesh.environment)
  processes.push(flooder)
}, 90_000)
afterAll(async () => {
  await Promise.all(processes.map(stopProcess))
  await mesh.stop()
}, 60_000)

test('200 at once from an agent that may send 10/s all arrive at its rate, and its neighbour goes on beside them', async () => {
  const neighbour = defineAgent({ name: 'neighbour', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: ['work'] })
  await neighbour.start({ ...mesh.options, callsMax: 10_000 })

  const beside = (forMs: number) => offer({ caller: neighbour, priority: 1, perSecond: neighbourPerS, forMs, ttlMs })
  // The engines compile what runs often: the first seconds would measure that.
  await beside(warmMs)
  // In turns, because this machine is faster at one time than at another.
  const alone: Run[] = []
  const flooded: Run[] = []
  const floods: Run[] = []
  for (let turn = 0; turn < turns; turn++) {
    alone.push(await beside(phaseMs))
    const [flood, run] = await Promise.all([told(flooder, { priority: 2, records: floodRecords, ttlMs }), beside(phaseMs)])
    floods.push(flood)
    flooded.push(run)
  }
  await neighbour.stop()

  const p99 = (runs: readonly Run[]) => percentile(runs.flatMap(({ toHandlerMs }) => toHandlerMs), 0.99)
  console.log([
    ...alone.flatMap((run, turn) => [`neighbour alone:   ${said(run)}`, `neighbour beside:  ${said(flooded[turn]!)}`, `flood:             ${said(floods[turn]!)}`]),
    `p99 beside the floods is ${(p99(flooded) / p99(alone)).toFixed(2)} of ${p99(alone)} ms without them`
  ].join('\n'))
  for (const run of [...alone, ...flooded]) expect([...run.outcomes.keys()]).toEqual(['success'])
  for (const { outcomes } of floods) expect([...outcomes]).toEqual([['success', floodRecords]])
  // All but the burst waited for their slots.
  expect(Math.max(...floods[0]!.toHandlerMs)).toBeGreaterThan((floodRecords - 2 * quotaPerS) / quotaPerS * 1_000)
}, 300_000)
