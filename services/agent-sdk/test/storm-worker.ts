// The target of the storm, in a process of its own: so many handlers at once, each so long.
import { z } from 'zod'
import { defineAgent } from '../src/index.ts'

const handlerMs = Number(process.env.STORM_HANDLER_MS)
const maxConcurrent = Number(process.env.STORM_MAX_CONCURRENT)
const worker = defineAgent({
  name: 'worker', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', maxConcurrent, slaP95Ms: 3 * handlerMs, latencyProfileMs: handlerMs,
  capabilities: { work: { input: z.object({ n: z.number() }), output: z.object({ begunAtMs: z.number() }) } }
})
worker.handle('work', async () => {
  const begunAtMs = Date.now()
  await new Promise(resolve => setTimeout(resolve, handlerMs))
  return { begunAtMs }
})
process.once('SIGTERM', () => { void worker.stop() })
await worker.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
