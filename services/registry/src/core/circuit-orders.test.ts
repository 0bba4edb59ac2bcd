import { expect, test } from '@jest/globals'
import type { AgentRegistration } from '@mesh/schemas'
import { createChangeStates, type CircuitOrder } from './change-states.ts'
import { decideCircuit, listOrders } from './circuit-orders.ts'
import { createProjection } from './state.ts'

const agents = createProjection()
agents.put('memory@1.0.0', { registration: { name: 'memory', version: '1.0.0' } as AgentRegistration, offset: 0 })

function given (...orders: [agent: string, state: CircuitOrder | null][]) {
  const states = createChangeStates()
  orders.forEach(([agent, state], index) => states.put({
    changeId: `c-${index}`, atMs: index, who: 'ada', why: 'a test', entity: `circuit/${agent}`, before: null, after: state === null ? null : JSON.stringify(state)
  }))
  return { states, when: (agent: string, state: CircuitOrder | null) => decideCircuit(agent, state, agents, states) }
}

test.each([[null, 'open'], ['open', 'closed'], ['closed', null]] as const)('from %s to %s', (before, after) =>
  expect(given(['memory', before]).when('memory', after)).toEqual({ outcome: 'changed', entity: 'circuit/memory', before, after, warnings: [] }))

test('what is so already is no change', () => {
  expect(given(['memory', 'open']).when('memory', 'open')).toMatchObject({ outcome: 'unchanged' })
  expect(given().when('memory', null)).toMatchObject({ outcome: 'unchanged' })
})

test('nobody\'s circuit can\'t be opened; an order about who has gone can be taken back', () => {
  expect(given().when('nobody', 'open')).toMatchObject({ outcome: 'refused', code: 'NOT_FOUND', message: 'No agent nobody is registered.' })
  expect(given(['gone', 'open']).when('gone', null)).toMatchObject({ outcome: 'changed', before: 'open', after: null })
})

test('orders are listed by agent, with who gave them and why', () =>
  expect(listOrders(given(['valuer', 'closed'], ['memory', 'open']).states)).toEqual([
    { agent: 'memory', state: 'open', who: 'ada', why: 'a test', atMs: 1 }, { agent: 'valuer', state: 'closed', who: 'ada', why: 'a test', atMs: 0 }
  ]))
