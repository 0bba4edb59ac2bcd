import { expect, test } from '@jest/globals'
import type { AgentRegistration } from '@mesh/schemas'
import { Agents } from './agents.ts'

const registration = (name: string, version: string) => ({ name, version }) as AgentRegistration
const current = (agents: Agents) => agents.current().map(({ name, version }) => `${name}@${version}`).sort()

test('the newest record of a name is current; its tombstone brings back the one before', () => {
  const agents = new Agents()
  agents.put('a@1', registration('a', '1'), 0)
  agents.put('b@1', registration('b', '1'), 1)
  agents.put('a@2', registration('a', '2'), 2)
  expect(current(agents)).toEqual(['a@2', 'b@1'])
  agents.put('a@1', registration('a', '1'), 3)
  expect(current(agents)).toEqual(['a@1', 'b@1'])
  agents.remove('a@1')
  expect(current(agents)).toEqual(['a@2', 'b@1'])
  agents.remove('a@2')
  agents.remove('never@1')
  expect(current(agents)).toEqual(['b@1'])
})
