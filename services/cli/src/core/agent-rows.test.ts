import { expect, test } from '@jest/globals'
import { agentHeadings, agentRows, agentSummary, type ListedAgent } from './agent-rows.ts'
import { plainPaint } from './paint.ts'

const agent = (name: string, facts: Partial<ListedAgent> = {}): ListedAgent =>
  ({ name, version: '1.0.0', domain: 'sales', ownerTeam: 'nlp', role: 'bot', capabilities: [{ name: 'work' }, { name: 'rest' }], status: 'active', ...facts })

test('an agent is a row, its capabilities a line each', () => {
  expect(agentRows([agent('memory')], plainPaint)).toEqual([['memory', '1.0.0', 'sales', 'nlp', 'bot', 'work\nrest', 'active']])
  expect(agentHeadings).toHaveLength(7)
})

test.each([['active', '+active+'], ['paused', '?paused?'], ['draining', '?draining?'], ['quarantined', '!quarantined!']])('a status of %s stands out as what it is', (status, shown) => {
  const paint = { ...plainPaint, good: (text: string) => `+${text}+`, unsure: (text: string) => `?${text}?`, bad: (text: string) => `!${text}!` }
  expect(agentRows([agent('memory', { status })], paint)[0]!.at(-1)).toBe(shown)
})

test('the summary counts a capability once, however many offer it', () => {
  expect(agentSummary([agent('a1'), agent('a2', { capabilities: [{ name: 'work' }] })])).toBe('2 agents, 2 capabilities')
  expect(agentSummary([agent('a1', { capabilities: [{ name: 'work' }] })])).toBe('1 agent, 1 capability')
})
