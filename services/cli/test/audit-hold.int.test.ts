// `mesh audit hold`, and `mesh trace` from the hot tier, with a registry and an archiver that run as in a mesh.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { auditEvent } from '../src/core/audit-event.fixture.ts'
import { runMesh, type Ended } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts'

const { DATABASE_URL = '', REDIS_URL = '' } = process.env
const auditSchema = `cli_hold_${randomBytes(4).toString('hex')}`
let mesh: PrivateMesh
let registry: RegistryProcess
let archiver: ChildProcess
let environment: Record<string, string>

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  environment = { ...mesh.environment, MESH_AUDIT_SCHEMA: auditSchema, DATABASE_URL, REDIS_URL }
  archiver = spawn(process.execPath, [fileURLToPath(new URL('../../archiver/src/main.ts', import.meta.url))], {
    env: { ...process.env, ...environment, MESH_LOG_LEVEL: 'warn', MESH_HEALTH_PORT: '0', MESH_ARCHIVER_SESSION_MS: '2000' }, stdio: ['ignore', 'ignore', 'inherit']
  })
  registry = await startRegistryProcess(mesh.environment)
  environment['MESH_REGISTRY_URL'] = registry.url
})
afterAll(async () => {
  await registry.stop()
  const ended = once(archiver, 'exit')
  archiver.kill('SIGTERM')
  await ended
  await mesh.close()
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  await client.query(`DROP SCHEMA ${auditSchema} CASCADE`)
  await client.end()
})

const run = (...args: readonly string[]): Promise<Ended> => runMesh(args, environment)
const list = async (): Promise<readonly { readonly holdId: string }[]> => JSON.parse((await run('audit', 'hold', 'list', '--json')).out)

test('a hold is in force when the command ends, is listed, and ends with its release', async () => {
  const added = await run('audit', 'hold', 'add', '--id', 'case-42', '--from', '2026-01-01', '--to', '2026-03-31', '--agent', 'crm-sync', '--why', 'case 42', '--who', 'ada')
  expect([added.code, added.err]).toEqual([0, ''])
  expect(added.out).toContain('case-42: nothing from 2026-01-01T00:00:00.000Z to 2026-03-31T00:00:00.000Z is dropped')
  expect(await list()).toEqual([expect.objectContaining({ holdId: 'case-42', from: '2026-01-01T00:00:00.000Z', agent: 'crm-sync', who: 'ada', why: 'case 42' })])
  expect((await run('audit', 'hold', 'list')).out).toContain('agent crm-sync')
  expect((await run('audit', 'hold', 'release', 'case-42', '--why', 'settled')).code).toBe(0)
  expect(await list()).toEqual([])
}, 120_000)

test('without a reason, or turned round, it is refused with what to do', async () => {
  expect(await run('audit', 'hold', 'add', '--from', '2d', '--to', '1d')).toMatchObject({ code: 1, err: expect.stringContaining('--why') })
  expect(await run('audit', 'hold', 'add', '--from', '1d', '--to', '2d', '--why', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('before') })
})

test('a trace comes from the hot tier once that holds all of it, and is the same as from the archive', async () => {
  await mesh.audit(auditEvent({ eventId: 'e1', dispatchId: 'hot-1', workflowId: 'w-hot', task: 1, atMs: Date.now(), appendedAtMs: Date.now() - 4, issuedAtMs: Date.now() - 5 }))
  let hops: { readFrom: string }[] = []
  for (let tries = 0; tries < 60 && hops[0]?.readFrom !== 'hot'; tries++) {
    const { code, out } = await run('trace', 'hot-1', '--json')
    hops = code === 0 ? JSON.parse(out) as typeof hops : []
    if (hops.length === 0) await pause(200)
  }
  expect(hops).toEqual([expect.objectContaining({ dispatchId: 'hot-1', readFrom: 'hot' })])
  const cold = JSON.parse((await runMesh(['trace', 'w-hot', '--json'], { ...environment, REDIS_URL: '' })).out) as typeof hops
  expect(cold).toEqual(hops.map(hop => ({ ...hop, readFrom: 'archive' })))
  // The command works while Redis is away.
  expect((await runMesh(['trace', 'w-hot'], { ...environment, REDIS_URL: 'redis://127.0.0.1:1' })).code).toBe(0)
})
