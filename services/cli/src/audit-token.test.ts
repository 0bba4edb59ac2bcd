import { afterAll, expect, test } from '@jest/globals'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeToken } from './audit-token.ts'

const root = await mkdtemp(join(tmpdir(), 'mesh-audit-token-'))
afterAll(() => rm(root, { recursive: true }))

const asked = (folder: string) => ({
  folder: join(root, folder), issuer: 'mesh', audience: 'mesh-audit-api', subject: 'ada', role: 'owner', team: 'sales', validMs: 60_000, nowMs: Date.now()
})
const keysOf = async (folder: string) => JSON.parse(await readFile(join(root, folder, 'jwks.json'), 'utf8'))

test('a token says who, what role and until when, and is genuine by the published key', async () => {
  const made = await makeToken(asked('a'))
  const { payload } = await jwtVerify(made.token, createLocalJWKSet(await keysOf('a')), { issuer: 'mesh', audience: 'mesh-audit-api', algorithms: ['EdDSA'] })
  expect(payload).toMatchObject({ sub: 'ada', role: 'owner', team: 'sales', jti: expect.any(String) })
  expect(payload.exp! - payload.iat!).toBe(60)
  expect(made).toMatchObject({ isNewKey: true, expiresAt: new Date(payload.exp! * 1_000).toISOString() })
})

test('the second token is of the same key, and the set of keys is left as it is', async () => {
  await makeToken(asked('b'))
  const before = await keysOf('b')
  expect(await makeToken(asked('b'))).toMatchObject({ isNewKey: false })
  expect(await keysOf('b')).toEqual(before)
  expect(before.keys).toHaveLength(1)
})

test('the private key is readable by its owner alone, and is not in what is published', async () => {
  await makeToken(asked('c'))
  const file = join(root, 'c', 'token.pem')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(join(root, 'c'))).mode & 0o777).toBe(0o700)
  expect((await keysOf('c')).keys[0]).not.toHaveProperty('d')
  await chmod(file, 0o640)
  await expect(makeToken(asked('c'))).rejects.toMatchObject({ code: 'TOKEN_NOT_MADE', message: expect.stringContaining('others can read') })
})

test('keys that somebody added to the set stay', async () => {
  await makeToken(asked('d'))
  const theirs = { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'theirs' }
  await writeFile(join(root, 'd', 'jwks.json'), JSON.stringify({ keys: [theirs] }))
  await makeToken(asked('d'))
  expect((await keysOf('d')).keys.map(({ kid }: { kid: string }) => kid)).toEqual([expect.stringMatching(/^[\w-]{16}$/), 'theirs'])
})
