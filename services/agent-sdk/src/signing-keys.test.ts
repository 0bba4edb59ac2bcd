import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import { createSigningKey, keyPath, replaceKey } from '@mesh/signing'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SigningKeys } from './signing-keys.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
let keysFolder: string
const opened: SigningKeys[] = []
const keys = (signingKey?: string): SigningKeys => {
  const made = new SigningKeys({ keysFolder, signingKey }, logger)
  opened.push(made)
  return made
}
beforeEach(() => { keysFolder = join(mkdtempSync(join(tmpdir(), 'keys-')), 'new') })
afterEach(() => {
  for (const made of opened.splice(0)) made.close()
  rmSync(join(keysFolder, '..'), { recursive: true })
})

describe('the key of an agent', () => {
  test('is made on the first start, for its owner alone, and is the same from then on', async () => {
    const { keyId } = await keys().load('planner')
    expect((await keys().load('planner')).keyId).toBe(keyId)
    expect(statSync(keyPath(keysFolder, 'planner')).mode & 0o777).toBe(0o600)
    expect(statSync(keysFolder).mode & 0o777).toBe(0o700)
    expect((await keys().load('looker')).keyId).not.toBe(keyId)
  })

  test('is one, however many instances start at once', async () => {
    const loaded = await Promise.all(Array.from({ length: 20 }, () => keys().load('planner')))
    expect(new Set(loaded.map(({ keyId }) => keyId)).size).toBe(1)
    expect(readdirSync(keysFolder)).toEqual(['planner.pem'])
  })

  test('from the setting needs no file', async () => {
    const { key, pem } = createSigningKey()
    expect((await keys(pem).load('planner')).keyId).toBe(key.keyId)
    expect(() => readdirSync(keysFolder)).toThrow('ENOENT')
  })

  test('that others can read is refused, and says what to do', async () => {
    await keys().load('planner')
    chmodSync(keyPath(keysFolder, 'planner'), 0o644)
    await expect(keys().load('planner')).rejects.toMatchObject({ code: 'SIGNING_KEY_UNUSABLE', message: expect.stringContaining('chmod 600') })
  })

  test.each([['no key', 'nonsense '.repeat(9)], ['another kind of key', '']])('that is %s is refused without a word of its content', async (_what, content) => {
    await keys().load('planner')
    const { generateKeyPairSync } = await import('node:crypto')
    const pem = content === '' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() : content
    writeFileSync(keyPath(keysFolder, 'planner'), pem)
    const error: Error = await keys().load('planner').then(() => new Error('was taken'), failure => failure as Error)
    expect(error).toMatchObject({ code: 'SIGNING_KEY_UNUSABLE' })
    expect(error.message).not.toContain(pem.slice(30, 45))
    await expect(keys(pem).load('planner')).rejects.toMatchObject({ code: 'SIGNING_KEY_UNUSABLE' })
  })

  test('that was replaced is used at the second look; a file that is broken meanwhile changes nothing', async () => {
    const made = keys()
    const { keyId } = await made.load('planner')
    const { key, pem } = createSigningKey()
    await replaceKey(keyPath(keysFolder, 'planner'), pem)
    expect(readFileSync(keyPath(keysFolder, 'planner'), 'utf8')).toBe(pem)
    await made.look()
    expect(made.of('planner').keyId).toBe(keyId)
    await made.look()
    expect(made.of('planner').keyId).toBe(key.keyId)
    writeFileSync(keyPath(keysFolder, 'planner'), 'nonsense')
    await made.look()
    await made.look()
    expect(made.of('planner').keyId).toBe(key.keyId)
  })
})
