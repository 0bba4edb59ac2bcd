// `mesh keys` against a registry.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { keyPath, loadKey, loadOrCreateKey, shownKey } from '@mesh/signing'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { runMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts'

const keysFolder = mkdtempSync(join(tmpdir(), 'mesh-keys-'))
const path = keyPath(keysFolder, 'planner')
let mesh: PrivateMesh
let registry: RegistryProcess
let environment: Record<string, string>
let firstId: string

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  registry = await startRegistryProcess(mesh.environment)
  environment = { ...mesh.environment, MESH_REGISTRY_URL: registry.url, MESH_KEYS_FOLDER: keysFolder }
  const { key } = await loadOrCreateKey(path)
  firstId = key.keyId
  const body = {
    name: 'planner', version: '1.0.0', domain: 'sales', ownerTeam: 'crm', role: 'bot', capabilities: [], maxConcurrent: 1, slaP95Ms: 100, inboxPartitions: 1, answersPartitions: 1,
    key: shownKey(key, 'planner')
  }
  const answer = await fetch(`${registry.url}/agents`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(answer.status).toBe(201)
})
afterAll(async () => {
  await registry.stop()
  await mesh.close()
  rmSync(keysFolder, { recursive: true })
})

const run = (...args: readonly string[]) => runMesh(args, environment)
const keys = async () => JSON.parse((await run('keys', '--json')).out).keys

describe('keys', () => {
  test('are listed with their state', async () => {
    const { code, out } = await run('keys')
    expect([code, out.split('\n')[0]]).toEqual([0, expect.stringMatching(/^agent +key +state +from +until +by$/)])
    expect(out).toMatch(new RegExp(`planner +${firstId} +valid`))
    expect((await run('keys', 'list', 'nobody')).out).toBe('nobody has registered no key.\n')
  })

  test('are rotated: registered, in the file for its owner alone, and the one before goes on for the overlap', async () => {
    const { code, out, err } = await run('keys', 'rotate', 'planner', '--overlap', '1h', '--why', 'yearly')
    const newId = (await loadKey(path))!.keyId
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(`planner signs with ${newId} from now on, kept in ${path}; its other keys go on for 3600 s.\n`)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(newId).not.toBe(firstId)
    const [newest, older] = await keys()
    expect(newest).toMatchObject({ keyId: newId, standing: 'valid', changedBy: userInfo().username })
    expect(older).toMatchObject({ keyId: firstId, standing: 'ending' })
  })

  test('are revoked once and for ever', async () => {
    expect((await run('keys', 'revoke', 'planner', firstId, '--why', 'lost')).out).toBe(`${firstId} of planner is revoked.\n`)
    expect((await run('keys', 'revoke', 'planner', firstId, '--why', 'lost')).out).toBe(`${firstId} of planner was revoked before; nothing was changed.\n`)
    expect((await keys()).find(({ keyId }: { keyId: string }) => keyId === firstId)).toMatchObject({ standing: 'revoked' })
  })

  test('of nobody, for no reason, or with a duration that is none, are refused with what to do', async () => {
    const before = (await loadKey(path))!.keyId
    expect(await run('keys', 'rotate', 'nobody', '--why', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('No agent nobody is registered.') })
    expect(await run('keys', 'rotate', 'planner')).toMatchObject({ code: 1, err: expect.stringContaining('required option \'--why <text>\'') })
    expect(await run('keys', 'rotate', 'planner', '--why', 'x', '--overlap', 'soon')).toMatchObject({ code: 1, err: expect.stringContaining('a number with s, m, h or d') })
    expect(await run('keys', 'revoke', 'planner', 'nothing', '--why', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('planner has no key nothing.') })
    expect((await loadKey(path))!.keyId).toBe(before)
  })
})
