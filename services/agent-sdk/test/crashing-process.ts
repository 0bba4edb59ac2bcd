// An agent that ends its own process in the middle of its first run, between a call and its answer.
import { appendFileSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { defineAgent } from '../src/index.ts'

const [suffix, notes] = process.argv.slice(2) as [string, string]
const Text = z.object({ text: z.string() })
const agent = defineAgent({
  name: `crasher-${suffix}`, version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: [`count.${suffix}`],
  capabilities: { [`crash.${suffix}`]: { input: Text, output: Text } }
})
agent.handle(`crash.${suffix}`, async ({ text }: { text: string }, mesh) => {
  appendFileSync(notes, `${mesh.dispatchId}\n`)
  await mesh.call(`count.${suffix}`, { text })
  if (readFileSync(notes, 'utf8').split('\n').filter(Boolean).length === 1) process.kill(process.pid, 'SIGKILL')
  return { text: `${text} in the end` }
})
process.once('SIGTERM', () => void agent.stop())
await agent.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
