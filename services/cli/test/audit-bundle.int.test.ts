// `mesh audit export` from an archive that an archiver filled and signed; `mesh audit verify` with nothing but the file.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { auditEvent } from '../src/core/audit-event.fixture.ts'
import { runMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'

const databaseUrl = process.env.DATABASE_URL ?? ''
const auditSchema = `cli_${randomBytes(4).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'mesh-evidence-'))
const bundle = join(folder, 'day.bundle')
const nowMs = Date.now()
// What verify must do without.
const nothing = { DATABASE_URL: '', MESH_KAFKA_BROKERS: '', MESH_SCHEMA_REGISTRY_URL: '', REDIS_URL: '', MESH_AUDIT_SCHEMA: '' }
let mesh: PrivateMesh
let archiver: ChildProcess
let client: pg.Client
let published: string
const exporting = (...args: string[]) => runMesh(['audit', 'export', ...args], { MESH_AUDIT_SCHEMA: auditSchema, DATABASE_URL: databaseUrl })
const verifying = (...args: string[]) => runMesh(['audit', 'verify', ...args], nothing)

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  const { MESH_NAMESPACE: namespace = '' } = mesh.environment
  published = join(folder, `${namespace}_audit`)
  archiver = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../../archiver/src/main.ts', import.meta.url))], {
    env: {
      ...process.env, ...mesh.environment, DATABASE_URL: databaseUrl, MESH_AUDIT_SCHEMA: auditSchema, MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'warn',
      MESH_CHECKPOINT_EVERY_MS: '200', MESH_CHECKPOINTS_FOLDER: folder, MESH_CHECKPOINT_KEY_FILE: join(folder, 'key.pem')
    },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const at = (i: number) => nowMs - 60_000 + i
  await mesh.audit(...Array.from({ length: 40 }, (_, i) => auditEvent({ eventId: `e${i}`, atMs: at(i), appendedAtMs: at(i), task: i % 2, workflowId: `w${i}`, dispatchId: `d${i}` })))
  client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const signed = async () => {
    const { rows } = await client.query(`SELECT body FROM ${auditSchema}.statements ORDER BY leaf_index DESC LIMIT 1`).catch(() => ({ rows: [] }))
    return rows.length === 0 ? 0 : (JSON.parse(rows[0].body) as { heads?: { size: number }[] }).heads?.reduce((sum, { size }) => sum + size, 0)
  }
  while (await signed() !== 40) await pause(50)
  const ended = once(archiver, 'exit')
  archiver.kill('SIGTERM')
  await ended
})

afterAll(async () => {
  if (archiver.exitCode === null && archiver.signalCode === null) archiver.kill('SIGKILL')
  await client.query(`DROP SCHEMA IF EXISTS ${auditSchema} CASCADE`)
  await client.end()
  await mesh.close()
  rmSync(folder, { recursive: true, force: true })
})

test('what is exported is whole, by the published key and the published checkpoints', async () => {
  const exported = await exporting('--from', '1h', '--out', bundle)
  expect(exported).toMatchObject({ code: 0, err: '' })
  expect(exported.out).toContain('day.bundle: 40 events in')
  await expect(stat(`${bundle}.part`)).rejects.toThrow('ENOENT')
  const { code, out, err } = await verifying(bundle, '--key', join(published, 'key.txt'), '--checkpoint', published)
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^whole\n/)
  expect(out).toContain('40 of this time, 40 in all')
  const json = JSON.parse((await verifying(bundle, '--json')).out)
  expect(json).toMatchObject({ isWhole: true, isKeyTrusted: false, events: 40, findings: [] })
})

test('a changed field is named with its event, and the command fails', async () => {
  const forged = join(folder, 'forged.bundle')
  await writeFile(forged, (await readFile(bundle, 'utf8')).replace('"dispatch_id":"d7"', '"dispatch_id":"d8"'))
  const { code, out, err } = await verifying(forged, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out).findings).toMatchObject([{ code: 'EVENT_CHANGED', log: 1, eventId: 'e7' }])
  expect(JSON.parse(err).error).toMatchObject({ code: 'BUNDLE_REFUSED' })
  expect((await verifying(forged)).out).toMatch(/EVENT_CHANGED {2}log 1 place 3, event e7, line \d+/)
})

test('another bundle stands for what its auditor was shown, and another\'s key is wrong', async () => {
  expect(await verifying(bundle, '--checkpoint', bundle)).toMatchObject({ code: 0 })
  const { code, out } = await verifying(bundle, '--key', 'a+7bef7f1a+AdY6CQktOGS7tJpJDaMeE9DVXZ5d9pueuDRBuYOSyaWh')
  expect([code, out]).toEqual([1, expect.stringContaining('KEY_WRONG')])
})

test('a time that is none, a file that isn\'t there and an archive without a signature are told', async () => {
  expect(await exporting('--from', '2026-11-02T00:00:00Z', '--to', '2026-11-01T00:00:00Z', '--out', bundle, '--json')).toMatchObject({ code: 1, err: expect.stringContaining('RANGE_INVALID') })
  expect(await exporting('--from', '1h', '--out', join(folder, 'none', 'x'), '--json')).toMatchObject({ code: 1, err: expect.stringContaining('FILE_UNUSABLE') })
  expect(await verifying(join(folder, 'none'), '--json')).toMatchObject({ code: 1, err: expect.stringContaining('FILE_UNUSABLE') })
  expect(await verifying(bundle, '--key', bundle, '--json')).toMatchObject({ code: 1, err: expect.stringContaining('FILE_UNUSABLE') })
  await client.query(`DELETE FROM ${auditSchema}.checkpoints`)
  expect(await exporting('--from', '1h', '--out', bundle, '--json')).toMatchObject({ code: 1, err: expect.stringContaining('NOTHING_SIGNED') })
})
