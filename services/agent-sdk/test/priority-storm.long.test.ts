// P3 at ten times what its target drains, beside a trickle of P0: what becomes of each, and how long P0 takes. Two
// coordinators and the governor run as processes. Run by `npm run test:long -- --testPathPatterns priority-storm`; it prints
// what it measured, because times are the machine's, and asserts outcomes.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { defineAgent } from '../src/index.ts'
import { limit, type MeshGround, startMeshGround, startProcess, stopProcess } from './mesh-ground.ts'
import { offer, percentile, type Run, said, total } from './offered-load.ts'
import { Stages } from './stages.ts'
import { told } from './told-flooder.ts'

const handlerMs = 80
const maxConcurrent = 4
const drainPerS = maxConcurrent * 1_000 / handlerMs
const urgentPerS = 20
const ttlMs = 4_000
const calmMs = 20_000
const stormMs = 20_000
const warmMs = 30_000

let mesh: MeshGround
const processes: ChildProcess[] = []
let flooder: ChildProcess
beforeAll(async () => {
  mesh = await startMeshGround()
  const start = async (main: string, env: Record<string, string> = {}) => {
    const child = await startProcess(main, { ...mesh.environment, ...env })
    processes.push(child)
    return child
  }
  await start('services/agent-sdk/test/storm-worker.ts', { STORM_HANDLER_MS: String(handlerMs), STORM_MAX_CONCURRENT: String(maxConcurrent) })
  await start('services/governor/src/main.ts')
  await start('services/coordinator/src/main.ts', { MESH_TASKS: '2', MESH_COORDINATOR_ID: 'coordinator-2' })
  // The storm is about pressure; the quota would hold it back first.
  await limit(mesh, 'flooder', 100_000)
  flooder = await start('services/agent-sdk/test/storm-flooder.ts')
}, 90_000)
afterAll(async () => {
  await Promise.all(processes.map(stopProcess))
  await mesh.stop()
}, 60_000)

const tickMs = 10
/** Of each process here, user and system: fields 14 and 15 of its stat file (proc(5)), in ticks. */
const cpuMsOf = (): number[] => processes.map(({ pid }) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMs
})

test('a storm of P3 leaves P0 as it was, each P3 ends in a recorded way, and afterwards P3 is quick again', async () => {
  const human = defineAgent({
    name: 'human', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: ['work'], urgentCapabilities: ['work']
  })
  await human.start(mesh.options)
  const stages = await Stages.open(mesh, 'worker')
  const trickle = (forMs: number): Promise<Run> => offer({ caller: human, priority: 0, perSecond: urgentPerS, forMs, ttlMs })
  const bulk = (perSecond: number, forMs: number): Promise<Run> => told(flooder, { priority: 3, perSecond, forMs, ttlMs })

  // The engines compile what runs often: the storm's first seconds would measure that.
  await Promise.all([trickle(warmMs), bulk(drainPerS * 10, warmMs)])
  await trickle(ttlMs)
  const calmAtMs = Date.now()
  const calm = await trickle(calmMs)
  const calmBulk = await bulk(5, 2_000)
  const before = cpuMsOf()
  const stormAtMs = Date.now()
  const [urgent, flood] = await Promise.all([trickle(stormMs), bulk(drainPerS * 10, stormMs)])
  const used = cpuMsOf().map((cpuMs, i) => Math.round((cpuMs - before[i]!) / stormMs * 100))
  const settledAtMs = performance.now()
  let after = await bulk(5, 1_000)
  const isNormal = () => percentile(after.toHandlerMs, 0.5) < 2 * percentile(calmBulk.toHandlerMs, 0.5) + handlerMs
  while (!isNormal() && performance.now() - settledAtMs < 30_000) after = await bulk(5, 1_000)
  const normalAfterMs = performance.now() - settledAtMs
  await Promise.all([human.stop(), stages.close()])

  console.log([
    `P0 alone:     ${said(calm)}`, `              ${stages.said(calmAtMs, calmAtMs + calmMs)}`,
    `P0 in storm:  ${said(urgent)}`, `              ${stages.said(stormAtMs, stormAtMs + stormMs)}`, `P3 alone:     ${said(calmBulk)}`, `P3 in storm:  ${said(flood)}`,
    `CPU in storm, percent of a core: ${['worker', 'governor', 'coordinator 2', 'flooder'].map((name, i) => `${name} ${used[i]}`).join(', ')}`,
    `P3 normal again ${Math.round(normalAfterMs)} ms after the storm: ${said(after)}`,
    ...stages.alerts
  ].join('\n'))
  expect((urgent.outcomes.get('success') ?? 0) / total(urgent)).toBeGreaterThanOrEqual(0.999)
  expect(stages.alerts).toEqual([])
  expect(flood.outcomes.get('UNTYPED')).toBeUndefined()
  expect(flood.outcomes.get('success')).toBeGreaterThan(drainPerS * stormMs / 1_000 / 4)
  expect(normalAfterMs).toBeLessThan(10_000)
}, 180_000)
