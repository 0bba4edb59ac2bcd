import { describe, expect, test } from '@jest/globals'
import type { AgentKey } from '@mesh/schemas'
import { decideFirstKey, decideRevocation, decideRotation, type Keys, keyValidityMs, listKeys, type OfferedKey } from './keys.ts'
import { createProjection } from './state.ts'

const now = 1_000_000
const offered = (keyId: string, isPossessed = true): OfferedKey => ({ keyId, publicKey: Buffer.from(keyId), isPossessed })
const key = (keyId: string, change: Partial<AgentKey> = {}): AgentKey =>
  ({ keyId, agent: 'planner', publicKey: Buffer.from(keyId), notBeforeMs: 0, notAfterMs: 2 * now, revokedAtMs: null, changedBy: 'x', changedAtMs: 0, ...change })
const keysOf = (...keys: AgentKey[]): Keys => new Map(keys.map(each => [each.keyId, each]))
const agents = createProjection()
agents.put('planner@1.0.0', { registration: { name: 'planner', version: '1.0.0' } as never, offset: 0 })

describe('a registration', () => {
  const first = (keyId: string, keys: Keys, isPossessed = true) => {
    const decision = decideFirstKey('planner', offered(keyId, isPossessed), keys, 'team', now)
    return decision.outcome === 'refused' ? decision.problem.code : decision.outcome
  }

  test('brings the first key of an agent, for a year from now', () => {
    expect(decideFirstKey('planner', offered('k'), keysOf(), 'team', now)).toEqual({
      outcome: 'added', key: { keyId: 'k', agent: 'planner', publicKey: Buffer.from('k'), notBeforeMs: now, notAfterMs: now + keyValidityMs, revokedAtMs: null, changedBy: 'team', changedAtMs: now }
    })
  })

  test('with a key that is registered changes nothing', () => expect(first('k', keysOf(key('k')))).toBe('known'))

  test('brings no second key', () => {
    expect(first('other', keysOf(key('k')))).toBe('KEY_NOT_REGISTERED')
    expect(first('other', keysOf(key('k', { revokedAtMs: 1 })))).toBe('KEY_NOT_REGISTERED')
    expect(first('other', keysOf(key('k', { agent: 'looker' })))).toBe('added')
  })

  test('with a key that was revoked or has expired is refused', () => {
    expect(first('k', keysOf(key('k', { revokedAtMs: 1 })))).toBe('KEY_REVOKED')
    expect([first('k', keysOf(key('k', { notAfterMs: now }))), first('k', keysOf(key('k', { notAfterMs: now + 1 })))]).toEqual(['KEY_EXPIRED', 'known'])
  })

  test('with another agent\'s key, or one that is not shown to be held, is refused', () => {
    expect(first('k', keysOf(key('k', { agent: 'looker' })))).toBe('KEY_NOT_REGISTERED')
    expect(first('k', keysOf(), false)).toBe('KEY_NOT_POSSESSED')
  })

  test('is refused beyond the bound', () => {
    const many = new Map(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, key(`k${i}`, { agent: `a${i}` })]))
    expect([first('one-more', many), first('k5', many)]).toEqual(['REGISTRY_FULL', 'KEY_NOT_REGISTERED'])
  })
})

describe('a rotation', () => {
  const rotated = (keyId: string, keys: Keys, overlapMs = 500, agent = 'planner') => decideRotation(agent, offered(keyId), overlapMs, keys, agents, 'ann', now)

  test('adds the key, and ends the time of the others after the overlap', () => {
    const { decision, records } = rotated('new', keysOf(key('old'), key('soon', { notAfterMs: now + 100 }), key('theirs', { agent: 'looker' })))
    expect(decision).toMatchObject({ outcome: 'changed', entity: 'key/planner/new', before: null, after: { keyId: 'new', notAfterMs: now + keyValidityMs, revokedAtMs: null } })
    expect(records.map(({ keyId, notAfterMs, changedBy }) => [keyId, notAfterMs, changedBy])).toEqual([['new', now + keyValidityMs, 'ann'], ['old', now + 500, 'ann']])
  })

  test('without an overlap ends them at once', () => expect(rotated('new', keysOf(key('old')), 0).records[1]).toMatchObject({ keyId: 'old', notAfterMs: now }))

  test('may bring the first key', () => expect(rotated('new', keysOf()).records).toHaveLength(1))

  test('to a key that is registered changes nothing; to a revoked one it is refused', () => {
    expect(rotated('k', keysOf(key('k')))).toMatchObject({ decision: { outcome: 'unchanged' }, records: [] })
    expect(rotated('k', keysOf(key('k', { revokedAtMs: 1 })))).toMatchObject({ decision: { outcome: 'refused', code: 'KEY_REVOKED' }, records: [] })
  })

  test('for nobody, or with a key that is not theirs, is refused', () => {
    expect(rotated('k', keysOf(), 0, 'nobody').decision).toMatchObject({ code: 'NOT_FOUND' })
    expect(rotated('k', keysOf(key('k', { agent: 'looker' }))).decision).toMatchObject({ code: 'KEY_NOT_REGISTERED' })
    expect(decideRotation('planner', offered('k', false), 0, keysOf(), agents, 'ann', now).decision).toMatchObject({ code: 'KEY_NOT_POSSESSED' })
  })
})

describe('a revocation', () => {
  test('is for ever', () => {
    const { decision, record } = decideRevocation('planner', 'k', keysOf(key('k')), 'ann', now)
    expect(decision).toMatchObject({ outcome: 'changed', entity: 'key/planner/k', before: { revokedAtMs: null }, after: { revokedAtMs: now } })
    expect(record).toEqual({ ...key('k'), revokedAtMs: now, changedBy: 'ann', changedAtMs: now })
    expect(decideRevocation('planner', 'k', keysOf(record!), 'bob', 2 * now)).toMatchObject({ decision: { outcome: 'unchanged' }, record: undefined })
  })

  test('of no key, or another agent\'s, is refused', () => {
    expect(decideRevocation('planner', 'k', keysOf(), 'ann', now)).toMatchObject({ decision: { code: 'NOT_FOUND' }, record: undefined })
    expect(decideRevocation('looker', 'k', keysOf(key('k')), 'ann', now)).toMatchObject({ decision: { code: 'NOT_FOUND' }, record: undefined })
  })
})

test('keys are listed by agent, the newest first', () => {
  const keys = keysOf(key('old'), key('new', { notBeforeMs: 5 }), key('theirs', { agent: 'looker' }))
  expect(listKeys(keys).map(({ keyId }) => keyId)).toEqual(['theirs', 'new', 'old'])
  expect(listKeys(keys, 'planner').map(({ keyId }) => keyId)).toEqual(['new', 'old'])
})
