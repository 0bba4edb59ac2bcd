import { defineAgent } from '@mesh/agent-sdk'

/** Where people come in: it asks, and is asked nothing. What it says to the mesh is in gateway/. */
export const createHumanGateway = () => defineAgent({
  name: 'human-gateway', version: '1.0.0', domain: 'conversation', role: 'orchestrator', ownerTeam: 'conversations',
  dependencies: ['converse'],
  // A person waits for each turn; nobody else may begin P0.
  urgentCapabilities: ['converse'],
  maxConcurrent: 64, slaP95Ms: 2_000, answersPartitions: 2
})
