// What signing costs on the whole path, with and without it in one run: two meshes take turns. It prints a table; what it asserts is
// that everything arrives. Run by `npm run test:long -- --testPathPatterns signing-cost`.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { until } from './agent-features.ts'
import { limit, type MeshGround, readTopic, startMeshGround, startProcess, stopProcess } from './mesh-ground.ts'
import { percentile } from './offered-load.ts'
import type { Heard, Offered, Sent } from './signing-load.ts'

const rates = [200, 2_000, null] as const
const turns = 3
const forMs = 6_000
const warmMs = 10_000
const script = 'services/agent-sdk/test/signing-load.ts'

interface Side {
  readonly name: 'off' | 'on'
  readonly mesh: MeshGround
  readonly source: ChildProcess
  readonly target: ChildProcess
  /** Since its mesh began. */
  sent: number
}

interface Measured {
  readonly sent: number
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
  readonly coordinatorUs: number
  readonly sourceUs: number
  readonly targetUs: number
}

let sides: Side[] = []
beforeAll(async () => {
  for (const name of ['off', 'on'] as const) {
    const mesh = await startMeshGround(name === 'off' ? { MESH_SIGNATURES: 'off' } : {})
    // The quota would hold it back first.
    await limit(mesh, 'source', 100_000)
    const target = await startProcess(script, mesh.environment, ['target'])
    sides.push({ name, mesh, target, source: await startProcess(script, mesh.environment, ['source']), sent: 0 })
  }
}, 120_000)
afterAll(async () => {
  for (const { mesh, source, target } of sides) {
    await Promise.all([source, target].map(stopProcess))
    await mesh.stop()
  }
  sides = []
}, 60_000)

const clockTicksPerSecond = 100
/** Of user and system time, from what Linux keeps of a process. */
function cpuUs ({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 1_000_000 / clockTicksPerSecond
}

async function asked<T> (child: ChildProcess, question: object): Promise<T> {
  child.send(question)
  const [answer] = await once(child, 'message') as [T]
  return answer
}

async function offered (side: Side, offer: Offered): Promise<Measured> {
  const { mesh: { coordinator }, source, target } = side
  await asked<Heard>(target, {})
  const before = [coordinator, source, target].map(cpuUs)
  const { sent, ms } = await asked<Sent>(source, offer)
  side.sent += sent
  const latenciesMs: number[] = []
  for (let heard = 0; heard < sent;) {
    const more = await asked<Heard>(target, {})
    heard += more.heard
    latenciesMs.push(...more.latenciesMs)
  }
  const [coordinatorUs, sourceUs, targetUs] = [coordinator, source, target].map((child, index) => cpuUs(child) - before[index]!) as [number, number, number]
  return { sent, perSecond: sent / ms * 1_000, latenciesMs, coordinatorUs, sourceUs, targetUs }
}

/** How many were signed together since the `from`th: records by signatures. Partitions are read side by side, which moves the border a little. */
async function batchSize ({ mesh, sent }: Side, from: number): Promise<number> {
  const codec = await connectCodec({ schemaRegistryUrl: mesh.options.schemaRegistryUrl! })
  const sizes: number[] = []
  const reader = await readTopic(mesh, topicNames(mesh.namespace).dispatch(1), 'earliest', value => {
    const { proof } = codec.decode('SignedDispatch', Buffer.from(value))
    sizes.push(proof.length === 0 ? 1 : proof.readUInt16BE(2))
  })
  await until(() => sizes.length >= sent, 60_000)
  await reader.close()
  const own = sizes.slice(from)
  return own.length / own.reduce((sum, size) => sum + 1 / size, 0)
}

test('a table: CPU for each dispatch, latency, and how many are signed together', async () => {
  for (const side of sides) await offered(side, { perSecond: 1_000, forMs: warmMs })
  const lines = ['   rate | signed |  p50 ms |  p95 ms | coordinator µs | source µs | target µs | signed together']
  for (const perSecond of rates) {
    const sentBefore = sides[1]!.sent
    const runs = new Map<string, Measured[]>(sides.map(({ name }) => [name, []]))
    for (let turn = 0; turn < turns; turn++) {
      for (const side of turn % 2 === 0 ? sides : [...sides].reverse()) runs.get(side.name)!.push(await offered(side, { perSecond, forMs }))
    }
    const together = await batchSize(sides[1]!, sentBefore)
    for (const [name, measured] of runs) {
      const sum = (of: (run: Measured) => number): number => measured.reduce((total, run) => total + of(run), 0)
      const sent = sum(run => run.sent)
      const latenciesMs = measured.flatMap(run => run.latenciesMs)
      const each = (of: (run: Measured) => number): string => (sum(of) / sent).toFixed(1)
      const sorted = [...latenciesMs].sort((a, b) => a - b)
      lines.push([
        String(Math.round(sum(run => run.perSecond) / turns)).padStart(7), name.padStart(6), sorted[Math.floor(sorted.length / 2)]!.toFixed(1).padStart(7),
        String(percentile(latenciesMs, 0.95)).padStart(7), each(run => run.coordinatorUs).padStart(14), each(run => run.sourceUs).padStart(9),
        each(run => run.targetUs).padStart(9), (name === 'on' ? together.toFixed(1) : '').padStart(15)
      ].join(' | '))
      expect(latenciesMs).toHaveLength(sent)
    }
  }
  console.log(lines.join('\n'))
}, 600_000)
