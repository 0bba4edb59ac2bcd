// An agent whose handler ends its process for some inputs; a process of its own. It notes what it handled where the test can read it.
import { appendFileSync } from 'node:fs'
import { z } from 'zod'
import { defineAgent } from '../src/index.ts'

const [suffix, notes] = process.argv.slice(2) as [string, string]
const input = z.object({ name: z.string(), ends: z.enum(['exit', 'kill']).optional(), forMs: z.number().default(0) })
const agent = defineAgent({
  name: `poisoned-${suffix}`, version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', maxConcurrent: 4,
  capabilities: { [`poison.${suffix}`]: { input }, [`poison-asked.${suffix}`]: { input } }
})
for (const capability of [`poison.${suffix}`, `poison-asked.${suffix}`]) {
  agent.handle(capability, async ({ name, ends, forMs }: z.output<typeof input>) => {
    appendFileSync(notes, `${name}\n`)
    await new Promise(resolve => setTimeout(resolve, forMs))
    if (ends === 'exit') process.exit(1)
    if (ends === 'kill') process.kill(process.pid, 'SIGKILL')
    return null
  })
}
process.once('SIGTERM', () => void agent.stop())
await agent.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
