import { describe, expect, test } from '@jest/globals'
import type { AgentRegistration, Quota } from '@mesh/schemas'
import { bounds } from './field-rules.ts'
import { decideNoQuota, decideQuota, listQuotas, type AskedQuota, type QuotaOwner } from './quotas.ts'
import { createProjection } from './state.ts'

const memory: QuotaOwner = { kind: 'agent', name: 'memory' }
const bots: QuotaOwner = { kind: 'role', name: 'bot' }
const record = (quotaId: string, ratePerS: number, burst = 1): Quota => ({ quotaId, ratePerS, burst, outstandingMax: 100_000, changedBy: 'ada', changedAtMs: 1 })
const asked = (changes: Partial<AskedQuota> = {}): AskedQuota => ({ ratePerS: 20, burst: null, outstandingMax: null, ...changes })

const defaults = {
  roles: new Map(Object.entries({ 'role/bot': 100, 'role/crm_sync': 10 }).map(([id, ratePerS]) => [id, { ratePerS, burst: ratePerS, outstandingMax: 100_000 }])),
  outstandingMax: 100_000
}

function given (...records: Quota[]) {
  const agents = createProjection()
  agents.put('memory@1.0.0', { registration: { name: 'memory' } as unknown as AgentRegistration, offset: 0 })
  const state = { records: new Map(records.map(known => [known.quotaId, known])), agents, defaults }
  return {
    whenSet: (owner: QuotaOwner, changes: Partial<AskedQuota> = {}) => decideQuota(owner, asked(changes), state),
    whenUnset: (owner: QuotaOwner) => decideNoQuota(owner, state)
  }
}

describe('a quota is set', () => {
  test('for an agent that had its role\'s: there was nothing of its own before', () =>
    expect(given().whenSet(memory)).toEqual({
      outcome: 'changed', entity: 'quota/agent/memory', before: null, after: { ratePerS: 20, burst: 20, outstandingMax: 100_000 }, warnings: []
    }))

  test('for a role: what is built in was before', () =>
    expect(given().whenSet(bots)).toMatchObject({ entity: 'quota/role/bot', before: { ratePerS: 100, burst: 100 }, after: { ratePerS: 20 } }))

  test.each([[0.5, 1], [1, 1], [2.9, 2], [250, 250]])('at %d a second with a burst of one second\'s worth, %d', (ratePerS, burst) =>
    expect(given().whenSet(memory, { ratePerS })).toMatchObject({ after: { burst } }))

  test('with its own burst and bound', () =>
    expect(given().whenSet(memory, { burst: 3, outstandingMax: 0 })).toMatchObject({ after: { burst: 3, outstandingMax: 0 } }))

  test('for an agent that nobody registered, with a warning', () =>
    expect(given().whenSet({ kind: 'agent', name: 'nobody' })).toMatchObject({ outcome: 'changed', warnings: ['No agent nobody is registered yet.'] }))
})

describe('nothing is changed', () => {
  test('by the same again', () => expect(given(record('agent/memory', 20, 20)).whenSet(memory)).toMatchObject({ outcome: 'unchanged' }))
  test('by what is built in anyway', () => expect(given().whenSet(bots, { ratePerS: 100 })).toMatchObject({ outcome: 'unchanged' }))
  test('by taking away what is not there', () => expect(given().whenUnset(memory)).toMatchObject({ outcome: 'unchanged', before: null, after: null }))
})

test('an agent whose quota is taken away has nothing of its own any more', () =>
  expect(given(record('agent/memory', 5)).whenUnset(memory)).toMatchObject({ outcome: 'changed', before: { ratePerS: 5 }, after: null }))

test('a full table takes changes of what is in it, and nothing new', () => {
  const full = given(...Array.from({ length: bounds.quotasMax }, (_, index) => record(`agent/a${index}`, 1)))
  expect(full.whenSet(memory)).toMatchObject({ outcome: 'refused', code: 'REGISTRY_FULL' })
  expect(full.whenSet({ kind: 'agent', name: 'a7' })).toMatchObject({ outcome: 'changed' })
})

test('all roles are listed, with where their quota comes from, then agents by name', () => {
  const records = new Map(['agent/zoe', 'role/bot', 'agent/ann'].map(id => [id, record(id, 7)]))
  expect(listQuotas({ records, defaults }).map(({ quotaId, ratePerS, from, changedBy }) => [quotaId, ratePerS, from, changedBy])).toEqual([
    ['role/bot', 7, 'record', 'ada'], ['role/crm_sync', 10, 'built-in', null], ['agent/ann', 7, 'record', 'ada'], ['agent/zoe', 7, 'record', 'ada']
  ])
})
