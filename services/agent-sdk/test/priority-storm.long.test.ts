// P3 at ten times what its target drains, beside a trickle of P0: what becomes of each, and how long P0 takes. Two
// coordinators and the governor run as processes. Run by `npm run test:long -- --testPathPatterns priority-storm`; it prints
// what it measured, because times are the machine's, and asserts outcomes.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { ChildProcess } from 'node:child_process'
import { z } from 'zod'
import { defineAgent, MeshError, startAgents } from '../src/index.ts'
import { type MeshGround, startMeshGround, startProcess, stopProcess } from './mesh-ground.ts'

const handlerMs = 40
const maxConcurrent = 4
const drainPerS = maxConcurrent * 1_000 / handlerMs
const urgentPerS = 20
const ttlMs = 4_000
const calmMs = 10_000
const stormMs = 20_000

let mesh: MeshGround
const processes: ChildProcess[] = []
beforeAll(async () => {
  mesh = await startMeshGround()
  processes.push(
    await startProcess('services/agent-sdk/test/storm-worker.ts', { ...mesh.environment, STORM_HANDLER_MS: String(handlerMs), STORM_MAX_CONCURRENT: String(maxConcurrent) }),
    await startProcess('services/governor/src/main.ts', mesh.environment),
    await startProcess('services/coordinator/src/main.ts', { ...mesh.environment, MESH_TASKS: '2', MESH_COORDINATOR_ID: 'coordinator-2' }))
}, 90_000)
afterAll(async () => {
  await Promise.all(processes.map(stopProcess))
  await mesh.stop()
}, 60_000)

interface Run { readonly toHandlerMs: number[], readonly outcomes: Map<string, number> }
const answered = z.object({ begunAtMs: z.number() })

test('a storm of P3 leaves P0 as it was, each P3 ends in a recorded way, and afterwards P3 is quick again', async () => {
  const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test' } as const
  const human = defineAgent({ ...common, name: 'human', dependencies: ['work'], urgentCapabilities: ['work'] })
  const flooder = defineAgent({ ...common, name: 'flooder', dependencies: ['work'] })
  await unlimited('flooder')
  const agents = [human, flooder]
  await startAgents(agents, { ...mesh.options, callsMax: 50_000 })

  let made = 0
  const ask = async (caller: typeof human, priority: 0 | 3, run: Run, intendedAtMs: number) => {
    const n = made++
    const outcome = await caller.call('work', { n }, { priority, ttlMs, workflowId: `w${n % 40}`, output: answered }).then(({ begunAtMs }) => {
      run.toHandlerMs.push(begunAtMs - intendedAtMs)
      return 'success'
    }, (error: unknown) => error instanceof MeshError ? error.code : 'UNTYPED')
    run.outcomes.set(outcome, (run.outcomes.get(outcome) ?? 0) + 1)
  }
  const offer = async (caller: typeof human, priority: 0 | 3, perSecond: number, forMs: number): Promise<Run> => {
    const run: Run = { toHandlerMs: [], outcomes: new Map() }
    const calls: Promise<void>[] = []
    const startedMs = Date.now()
    for (let asked = 0; Date.now() - startedMs < forMs;) {
      const due = Math.floor((Date.now() - startedMs) / 1_000 * perSecond)
      for (; asked < due; asked++) calls.push(ask(caller, priority, run, startedMs + asked / perSecond * 1_000))
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    await Promise.all(calls)
    return run
  }

  await offer(human, 0, urgentPerS, 3_000)
  const calm = await offer(human, 0, urgentPerS, calmMs)
  const calmBulk = await offer(flooder, 3, 5, 2_000)
  const [urgent, flood] = await Promise.all([offer(human, 0, urgentPerS, stormMs), offer(flooder, 3, drainPerS * 10, stormMs)])
  const settledAtMs = performance.now()
  let after = await offer(flooder, 3, 5, 1_000)
  const isNormal = () => percentile(after.toHandlerMs, 0.5) < 2 * percentile(calmBulk.toHandlerMs, 0.5) + handlerMs
  while (!isNormal() && performance.now() - settledAtMs < 30_000) after = await offer(flooder, 3, 5, 1_000)
  const normalAfterMs = performance.now() - settledAtMs
  await Promise.all(agents.map(agent => agent.stop()))

  const said = ({ toHandlerMs, outcomes }: Run) => [
    `p50 ${percentile(toHandlerMs, 0.5)} / p99 ${percentile(toHandlerMs, 0.99)} ms`, ...[...outcomes].map(([outcome, times]) => `${times} ${outcome}`)
  ].join(', ')
  console.log([
    `P0 alone:     ${said(calm)}`, `P0 in storm:  ${said(urgent)}`, `P3 alone:     ${said(calmBulk)}`, `P3 in storm:  ${said(flood)}`,
    `P3 normal again ${Math.round(normalAfterMs)} ms after the storm: ${said(after)}`
  ].join('\n'))
  const total = [...urgent.outcomes.values()].reduce((sum, times) => sum + times, 0)
  expect((urgent.outcomes.get('success') ?? 0) / total).toBeGreaterThanOrEqual(0.999)
  expect(flood.outcomes.get('UNTYPED')).toBeUndefined()
  expect(flood.outcomes.get('success')).toBeGreaterThan(drainPerS * stormMs / 1_000 / 4)
  expect(normalAfterMs).toBeLessThan(10_000)
}, 180_000)

function percentile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN)
}

/** The storm is about pressure; the quota would hold it back first. */
async function unlimited (agent: string): Promise<void> {
  const codec = await connectCodec({ schemaRegistryUrl: mesh.options.schemaRegistryUrl! })
  const producer = mesh.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const quota = { quotaId: `agent/${agent}`, ratePerS: 100_000, burst: 100_000, outstandingMax: 100_000, changedBy: 'test', changedAtMs: Date.now() }
  await producer.send({ topic: topicNames(mesh.namespace).quotas, messages: [{ key: quota.quotaId, value: codec.encode('Quota', quota), partition: 0 }] })
  await producer.disconnect()
}
