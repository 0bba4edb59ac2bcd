import { defineAgent } from '@mesh/agent-sdk'
import { analyzeTurnContract } from '../contracts/conversation.ts'
import { understand } from '../core/understanding/index.ts'

/** What a turn means: intent, slots and questions, found by rules. */
export const createIntentDecoder = () => defineAgent({
  name: 'intent-decoder', version: '1.0.0', domain: 'conversation', role: 'bot', ownerTeam: 'language',
  capabilities: { analyze_turn: analyzeTurnContract },
  maxConcurrent: 64, slaP95Ms: 100, latencyProfileMs: 2, inboxPartitions: 2, answersPartitions: 2
}).handle('analyze_turn', ({ text, state }) => {
  const { contact = {}, ...understood } = understand(text, state)
  return { ...understood, contact, asks: [...understood.asks] }
})
