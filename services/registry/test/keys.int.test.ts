// Keys of agents: the first with the registration, further ones by order, none by somebody else.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSigningKey, shownKey } from '@mesh/signing'
import type { RunningRegistry } from '../src/process.ts'
import { ask, registration, RegistryStand } from './registry-stand.ts'

let stand: RegistryStand
let registry: RunningRegistry
beforeAll(async () => {
  stand = await RegistryStand.open()
  registry = await stand.start()
})
afterAll(() => stand.close())

const register = (name: string, key: object, port = registry.port) => ask(port, '/agents', { ...registration({ name, inboxPartitions: 1, answersPartitions: 1 }), key })
const keysOf = async (agent: string, port = registry.port) => (await ask(port, `/keys?agent=${agent}`)).body.keys
const [first, second, thiefs] = [createSigningKey().key, createSigningKey().key, createSigningKey().key]

describe('an agent', () => {
  test('is known by the key that its registration brings, whichever instance registers, and also to a registry that starts later', async () => {
    expect(await register('planner', shownKey(first, 'planner'))).toMatchObject({ status: 201 })
    expect(await register('planner', shownKey(first, 'planner'))).toMatchObject({ status: 200 })
    const [key, ...others] = await keysOf('planner')
    expect(others).toEqual([])
    expect(key).toMatchObject({ keyId: first.keyId, agent: 'planner', publicKey: first.publicKey.toString('base64url'), revokedAtMs: null })
    expect(key.notAfterMs - key.notBeforeMs).toBe(365 * 24 * 60 * 60 * 1_000)
    const later = await stand.start()
    expect(await keysOf('planner', later.port)).toEqual([key])
    await stand.drain(later)
  })

  test.each<[string, () => object, number, string]>([
    ['with another key', () => shownKey(thiefs, 'planner'), 409, 'KEY_NOT_REGISTERED'],
    ['with its key, but without the private half of it', () => ({ ...shownKey(thiefs, 'planner'), publicKey: first.publicKey.toString('base64url') }), 409, 'KEY_NOT_POSSESSED'],
    ['with a possession that was shown for another agent', () => shownKey(first, 'looker'), 409, 'KEY_NOT_POSSESSED'],
    ['with a key that is none', () => ({ publicKey: 'AAAA', possession: shownKey(first, 'planner').possession }), 400, 'INVALID_REQUEST']
  ])('%s is refused, and nothing is changed', async (_what, key, status, code) => {
    expect(await register('planner', key())).toMatchObject({ status, body: { code } })
    expect(await keysOf('planner')).toHaveLength(1)
  })

  test('can\'t take a key that is another\'s', async () => {
    expect(await register('thief', shownKey(first, 'thief'))).toMatchObject({ status: 409, body: { code: 'KEY_NOT_REGISTERED', detail: `The key ${first.keyId} belongs to planner.` } })
  })
})

describe('an operator', () => {
  test('adds a key, and the others end after the overlap; the change is audited', async () => {
    const { status, body } = await ask(registry.port, '/agents/planner/keys', { key: shownKey(second, 'planner'), overlapMs: 5_000, who: 'ada', why: 'yearly' })
    expect([status, body.isChanged, body.entity]).toEqual([200, true, `key/planner/${second.keyId}`])
    const [newest, older] = await keysOf('planner')
    expect([newest.keyId, older.keyId]).toEqual([second.keyId, first.keyId])
    expect(older.notAfterMs).toBe(newest.notBeforeMs + 5_000)
    expect((await stand.changes()).at(-1)).toMatchObject({ who: 'ada', why: 'yearly', entity: `key/planner/${second.keyId}`, before: null })
  })

  test('revokes a key; the registration with it is refused from then on, and so is a second life for it', async () => {
    const revoke = (agent: string, keyId: string) => ask(registry.port, `/agents/${agent}/keys/${keyId}/revocation`, { who: 'ada', why: 'lost' }, 'PUT')
    expect(await revoke('planner', first.keyId)).toMatchObject({ status: 200, body: { isChanged: true, after: { revokedAtMs: expect.any(Number) } } })
    expect(await revoke('planner', first.keyId)).toMatchObject({ status: 200, body: { isChanged: false } })
    expect(await revoke('planner', 'nothing')).toMatchObject({ status: 404 })
    expect(await register('planner', shownKey(first, 'planner'))).toMatchObject({ status: 409, body: { code: 'KEY_REVOKED' } })
    expect(await register('planner', shownKey(second, 'planner'))).toMatchObject({ status: 200 })
    expect(await ask(registry.port, '/agents/planner/keys', { key: shownKey(first, 'planner'), who: 'ada' })).toMatchObject({ status: 409, body: { code: 'KEY_REVOKED' } })
  })

  test('is refused for nobody, and without who', async () => {
    expect(await ask(registry.port, '/agents/nobody/keys', { key: shownKey(thiefs, 'nobody'), who: 'ada' })).toMatchObject({ status: 404 })
    expect(await ask(registry.port, '/agents/planner/keys', { key: shownKey(thiefs, 'planner') })).toMatchObject({ status: 400 })
  })
})
