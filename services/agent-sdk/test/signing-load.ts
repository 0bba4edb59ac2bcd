// Source and target of the signing benchmark, each in a process of its own: `source` sends events as it is told to, `target` notes how
// long each took to reach its handler.
import { z } from 'zod'
import { defineAgent } from '../src/index.ts'

/** `perSecond` null: as fast as it goes, with so many unacknowledged at most. */
export interface Offered { readonly perSecond: number | null, readonly forMs: number }
export interface Sent { readonly sent: number, readonly ms: number }
export interface Heard { readonly heard: number, readonly latenciesMs: readonly number[] }

const outstandingMax = 2_000
const workflows = 40
const facts = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test' } as const
const wallMs = (): number => performance.timeOrigin + performance.now()
const text = 'x'.repeat(300)

async function source (): Promise<void> {
  const agent = defineAgent({ ...facts, name: 'source', dependencies: ['take'] })
  const offer = async ({ perSecond, forMs }: Offered): Promise<Sent> => {
    const fromMs = performance.now()
    let sent = 0
    let waiting = 0
    const sends = new Set<Promise<unknown>>()
    while (performance.now() - fromMs < forMs) {
      const due = perSecond === null ? sent + outstandingMax - waiting : Math.floor((performance.now() - fromMs) / 1_000 * perSecond)
      for (; sent < due; sent++) {
        waiting++
        const send = agent.send('take', { atMs: wallMs(), text }, { workflowId: `w${sent % workflows}`, priority: 1 }).finally(() => {
          waiting--
          sends.delete(send)
        })
        sends.add(send)
      }
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    await Promise.all(sends)
    return { sent, ms: performance.now() - fromMs }
  }
  process.on('message', (told: Offered) => void offer(told).then(done => process.send!(done)))
  process.once('SIGTERM', () => { void agent.stop().then(() => process.disconnect()) })
  await agent.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
}

async function target (): Promise<void> {
  let latenciesMs: number[] = []
  const agent = defineAgent({ ...facts, name: 'target', maxConcurrent: 1_000, capabilities: { take: { input: z.object({ atMs: z.number(), text: z.string() }) } } })
  agent.handle('take', ({ atMs }) => { latenciesMs.push(wallMs() - atMs) })
  process.on('message', () => {
    process.send!({ heard: latenciesMs.length, latenciesMs } satisfies Heard)
    latenciesMs = []
  })
  process.once('SIGTERM', () => { void agent.stop().then(() => process.disconnect()) })
  await agent.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
}

await (process.argv[2] === 'source' ? source() : target())
