import { expect, test } from '@jest/globals'
import type { AgentHealth, Pressure } from '@mesh/schemas'
import { agentHeadings, agentLines, agentRows, agentSummary, type AgentLine } from './agent-rows.ts'
import { plainPaint } from './paint.ts'

const agent = (name: string, facts: Partial<AgentLine> = {}): AgentLine =>
  ({ name, version: '1.0.0', domain: 'sales', ownerTeam: 'nlp', role: 'bot', capabilities: [{ name: 'work' }, { name: 'rest' }], status: 'active', health: 'healthy', instances: 2, ...facts })

test('an agent is a row, its capabilities a line each', () => {
  expect(agentRows([agent('memory')], plainPaint)).toEqual([['memory', '1.0.0', 'sales', 'nlp', 'bot', 'work\nrest', 'active', 'healthy', '2']])
  expect(agentHeadings).toHaveLength(9)
})

test.each([['active', '+active+'], ['paused', '?paused?'], ['draining', '?draining?'], ['quarantined', '!quarantined!']])('a status of %s stands out as what it is', (status, shown) => {
  const paint = { ...plainPaint, good: (text: string) => `+${text}+`, unsure: (text: string) => `?${text}?`, bad: (text: string) => `!${text}!` }
  expect(agentRows([agent('memory', { status })], paint)[0]!.at(6)).toBe(shown)
})

test('the summary counts a capability once, however many offer it', () => {
  expect(agentSummary([agent('a1'), agent('a2', { capabilities: [{ name: 'work' }] })])).toBe('2 agents, 2 capabilities')
  expect(agentSummary([agent('a1', { capabilities: [{ name: 'work' }] })])).toBe('1 agent, 1 capability')
})

test('its health is what the governor says of it, else unknown', () => {
  const pressure = (name: string, health: AgentHealth, instances: number): Pressure => ({ agent: name, atMs: 0, classes: [], health, instances })
  const lines = agentLines([agent('memory'), agent('valuer'), agent('late')], [pressure('memory', 'stalled', 2), pressure('valuer', 'absent', 0), pressure('gone', 'healthy', 1)])
  expect(lines.map(({ name, health, instances }) => [name, health, instances])).toEqual([['memory', 'stalled', 2], ['valuer', 'absent', 0], ['late', 'unknown', null]])
  const paint = { ...plainPaint, good: (text: string) => `+${text}+`, faint: (text: string) => `-${text}-`, bad: (text: string) => `!${text}!` }
  expect(agentRows([...lines, agent('well')], paint).map(row => row.slice(7))).toEqual([['!stalled!', '2'], ['!absent!', '0'], ['-unknown-', ''], ['+healthy+', '2']])
})
