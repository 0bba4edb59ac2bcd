import { defineAgent } from '@mesh/agent-sdk'
import { scoreLeadContract } from '../contracts/follow-up.ts'
import { scoreLead } from '../core/lead-score.ts'

/** How warm a lead is. */
export const createLeadBot = () => defineAgent({
  name: 'lead-bot', version: '1.0.0', domain: 'sales', role: 'bot', ownerTeam: 'leads',
  capabilities: { score_lead: scoreLeadContract },
  maxConcurrent: 64, slaP95Ms: 100, latencyProfileMs: 1, inboxPartitions: 2, answersPartitions: 2
}).handle('score_lead', lead => {
  const { reasons, ...score } = scoreLead(lead)
  return { ...score, reasons: [...reasons] }
})
