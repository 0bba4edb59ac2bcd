// How long a dispatch takes on the running mesh: from the intended send to the target's handler, and to the caller's
// answer. Sends don't wait for answers, and a late send counts from when it should have been, so a stall isn't hidden.
import { parseArgs } from 'node:util'
import { defineAgent, startAgents } from '@mesh/agent-sdk'
import { localMeshEnvironment } from '@mesh/local-stack'
import { z } from 'zod'

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' }, seconds: { type: 'string', default: '20' }, warmup: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false }
  }
})
if (options.help) {
  console.log(`Usage: npm run loadtest:latency -- [--rate 100] [--seconds 20] [--warmup 3] [--json]

Measures a request and its answer between two agents of its own on the mesh that npm start runs (or that MESH_KAFKA_BROKERS,
MESH_SCHEMA_REGISTRY_URL and MESH_REGISTRY_URL name): P0, half a kilobyte, open loop.`)
  process.exit()
}

const bounded = (name: string, text: string, most: number): number => {
  const value = Number(text)
  if (!(value > 0 && value <= most)) {
    console.error(`--${name} takes a number above 0, at most ${most}`)
    process.exit(2)
  }
  return value
}
const perSecond = bounded('rate', options.rate, 2_000)
const seconds = bounded('seconds', options.seconds, 600)
const warmupSeconds = bounded('warmup', options.warmup, 60)

for (const [name, value] of Object.entries(localMeshEnvironment())) process.env[name] ??= value
process.env.MESH_LOG_LEVEL = 'warn'

const echoed = z.object({ n: z.number(), filler: z.string() })
const common = { version: '1.0.0', domain: 'loadtest', role: 'orchestrator', ownerTeam: 'loadtest', maxConcurrent: 1_000, slaP95Ms: 100 } as const
const echo = defineAgent({ ...common, name: 'latency-echo', capabilities: { latency_echo: { input: echoed, output: z.object({ n: z.number() }) } } })
const probe = defineAgent({ ...common, name: 'latency-probe', capabilities: {}, dependencies: ['latency_echo'], urgentCapabilities: ['latency_echo'] })

const intendedAtMs = new Map<number, number>()
const toHandlerMs: number[] = []
const roundTripMs: number[] = []
const filler = 'x'.repeat(450)
let failures = 0

echo.handle('latency_echo', async ({ n }) => {
  const sinceMs = performance.now() - intendedAtMs.get(n)!
  if (n >= warmupSeconds * perSecond) toHandlerMs.push(sinceMs)
  return { n }
})

await startAgents([echo, probe])
await withoutQuota('latency-probe')
const total = Math.round((seconds + warmupSeconds) * perSecond)
const startedMs = performance.now()
const waiting: Promise<unknown>[] = []
for (let n = 0; n < total;) {
  const due = Math.min(total, Math.floor((performance.now() - startedMs) / 1_000 * perSecond) + 1)
  for (; n < due; n++) waiting.push(ask(n))
  await new Promise(resolve => setTimeout(resolve, 1))
  if (process.stderr.isTTY && n % perSecond < 2) process.stderr.write(`\r${n} of ${total} sent `)
}
await Promise.all(waiting)
await Promise.all([probe.stop(), echo.stop()])

/** The mesh is what is measured here, not the quota. */
async function withoutQuota (agent: string): Promise<void> {
  const response = await fetch(`${process.env.MESH_REGISTRY_URL}/quotas/agent/${agent}`, {
    method: 'PUT', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ratePerS: 100_000, who: 'loadtest', why: 'measures the mesh, not the quota' })
  })
  if (!response.ok) console.error(`the quota of '${agent}' could not be raised (${response.status}); above 160/s its requests wait for their slots`)
}

async function ask (n: number): Promise<void> {
  const intendedMs = startedMs + n / perSecond * 1_000
  intendedAtMs.set(n, intendedMs)
  try {
    await probe.call('latency_echo', { n, filler }, { workflowId: `latency-${n % 50}`, priority: 0 })
    if (n >= warmupSeconds * perSecond) roundTripMs.push(performance.now() - intendedMs)
  } catch (error) {
    if (failures++ === 0) console.error((error as Error).message)
  } finally {
    intendedAtMs.delete(n)
  }
}

const percentiles = (latencies: number[]) => {
  latencies.sort((a, b) => a - b)
  const at = (share: number) => Number((latencies[Math.ceil(latencies.length * share) - 1] ?? NaN).toFixed(1))
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}
const result = { perSecond, seconds, requests: roundTripMs.length, failures, dispatchMs: percentiles(toHandlerMs), roundTripMs: percentiles(roundTripMs) }
if (options.json) console.log(JSON.stringify(result))
else {
  const line = ({ p50, p95, p99, max }: ReturnType<typeof percentiles>) => [p50, p95, p99, max].map(ms => `${ms} ms`.padStart(10)).join('')
  console.log(`\n${result.requests} requests at ${perSecond}/s, ${failures} failed`)
  console.log(`                 ${['p50', 'p95', 'p99', 'max'].map(name => name.padStart(10)).join('')}`)
  console.log(`send to handler  ${line(result.dispatchMs)}`)
  console.log(`send to answer   ${line(result.roundTripMs)}`)
}
process.exitCode = failures === 0 ? 0 : 1
