import { defineAgent } from '@mesh/agent-sdk'
import { createHash } from 'node:crypto'
import { handOffContract } from '../contracts/conversation.ts'
import { advisorFor } from '../core/advisors.ts'

const referenceDigits = 8

/** Which advisor takes over, and under which reference; the same again for the same conversation. */
export const createHandoff = () => defineAgent({
  name: 'handoff', version: '1.0.0', domain: 'conversation', role: 'bot', ownerTeam: 'advisors',
  capabilities: { hand_off: handOffContract },
  maxConcurrent: 32, slaP95Ms: 100, latencyProfileMs: 1, inboxPartitions: 2, answersPartitions: 2
}).handle('hand_off', ({ slots }, mesh) => {
  const { name, phone, waitMinutes } = advisorFor(slots.area)
  const digest = createHash('sha256').update(mesh.workflowId).digest('hex')
  return { name, phone, waitMinutes, reference: `H-${digest.slice(0, referenceDigits).toUpperCase()}` }
})
