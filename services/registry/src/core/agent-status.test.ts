import { expect, test } from '@jest/globals'
import type { AgentRegistration, AgentStatus } from '@mesh/schemas'
import { decideStatus } from './agent-status.ts'

const given = (status: AgentStatus) => ({ when: (next: AgentStatus) => decideStatus('memory', next, { name: 'memory', status } as AgentRegistration) })

test.each([['active', 'paused'], ['active', 'draining'], ['paused', 'draining'], ['draining', 'active'], ['quarantined', 'active'], ['active', 'quarantined']] as const)(
  'from %s to %s', (before, after) =>
    expect(given(before).when(after)).toEqual({ outcome: 'changed', entity: 'agent/memory/status', before, after, warnings: [] }))

test('what is so already is no change', () => expect(given('paused').when('paused')).toMatchObject({ outcome: 'unchanged', before: 'paused', after: 'paused' }))

test.each(['paused', 'draining'] as const)('%s does not end a quarantine', status =>
  expect(given('quarantined').when(status)).toMatchObject({ outcome: 'refused', code: 'QUARANTINED' }))

test('an agent that is not registered has no status', () =>
  expect(decideStatus('nobody', 'paused', undefined)).toMatchObject({ outcome: 'refused', code: 'NOT_FOUND', message: 'No agent nobody is registered.' }))
