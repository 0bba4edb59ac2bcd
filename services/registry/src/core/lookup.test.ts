import { expect, test } from '@jest/globals'
import type { AgentRegistration } from '@mesh/schemas'
import { currentAgents, findCapabilities } from './lookup.ts'
import { createProjection } from './state.ts'

function agent (name: string, domain: string, regions: string[], capabilities: string[]): AgentRegistration {
  const contracts = capabilities.map(capability => ({ name: capability, inputSchema: '{}', outputSchema: '', contractHash: 'h', retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null }))
  return { name, version: '1.0.0', domain, regions, capabilities: contracts } as unknown as AgentRegistration
}

const state = createProjection()
const agents = [agent('seller', 'sales', ['eu'], ['value_home']), agent('buyer', 'sales', [], ['find_home', 'value_home']), agent('memory', 'conversation', ['us'], ['recall'])]
agents.forEach((registration, offset) => state.put(`${registration.name}@1.0.0`, { registration, offset }))

const found = (filter: Parameters<typeof findCapabilities>[1]) => findCapabilities(state, filter).map(({ name, agents }) => [name, agents.map(one => one.name)])

test('all capabilities, sorted, with those who offer them', () =>
  expect(found({})).toEqual([['find_home', ['buyer']], ['recall', ['memory']], ['value_home', ['buyer', 'seller']]]))
test('one capability', () => expect(found({ capability: 'recall' })).toEqual([['recall', ['memory']]]))
test('one domain', () => expect(found({ domain: 'conversation' })).toEqual([['recall', ['memory']]]))
test('one region also matches agents that run anywhere', () => expect(found({ region: 'us' })).toEqual([['find_home', ['buyer']], ['recall', ['memory']], ['value_home', ['buyer']]]))
test('agents are listed by name', () => expect(currentAgents(state).map(known => known.registration.name)).toEqual(['buyer', 'memory', 'seller']))
