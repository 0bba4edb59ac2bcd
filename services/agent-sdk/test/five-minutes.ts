import { AgentError, defineAgent } from '@mesh/agent-sdk'
import { z } from 'zod'

const Lead = z.object({ leadId: z.string() })
const Memory = z.object({ turns: z.array(z.string()) })

export const leadBot = defineAgent({
  name: 'lead-bot', version: '1.0.0', domain: 'sales', role: 'bot', ownerTeam: 'sales',
  capabilities: { score_lead: { input: Lead, output: z.object({ temperature: z.number() }) } },
  dependencies: ['memory_lookup', 'score_changed'],
  maxConcurrent: 50, slaP95Ms: 500
})

leadBot.handle('score_lead', async ({ leadId }, mesh) => {
  const { turns } = await mesh.call('memory_lookup', { leadId }, { output: Memory })
  if (turns.length === 0) throw new AgentError('LEAD_UNKNOWN', 'nothing is known of this lead')
  const temperature = Math.min(100, turns.length * 10)
  await mesh.send('score_changed', { leadId, temperature }, { priority: 3 })
  return { temperature }
})
