// PostgreSQL without room: the archiver waits, says so, loses nothing and goes on by itself.
//
// Where a small disk can be had (as root: a tmpfs, below a tablespace) the server itself runs out of room. Elsewhere the server is
// made to answer as it does then, with its own error 53100, by a trigger.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { until } from './until.ts'

interface Disk { readonly fills: boolean, fill (): Promise<void>, makeRoom (): Promise<void>, remove (): Promise<void> }

let stand: AuditStand
let archiver: RunningArchiver
let disk: Disk
const written: string[] = []

beforeAll(async () => {
  stand = await AuditStand.open(1)
  const first = await stand.startArchiver()
  // Its days are made with its first events.
  written.push(...await stand.sendRequests(0, 20, 1))
  await stand.archived()
  await stand.drain(first)
  disk = await smallDisk() ?? fullByWord()
  archiver = await stand.startArchiver()
})
afterAll(async () => {
  await stand.close()
  await disk.remove()
})

async function smallDisk (): Promise<Disk | undefined> {
  const { schema } = stand
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    chmodSync(folder, 0o755)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
  const remove = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: stand.options.databaseUrl })
    await client.connect()
    await client.query(`DROP TABLESPACE IF EXISTS ${schema}_small`)
    await client.end()
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true })
  }
  // Another user's server: the folder of a tablespace must be its own.
  const owner = (await stand.database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid
  const uid = /^Uid:\s+(\d+)/m.exec(execFileSync('cat', [`/proc/${owner}/status`], { encoding: 'utf8' }))![1]!
  execFileSync('chown', [uid, folder])
  chmodSync(folder, 0o700)
  await stand.owner(`CREATE TABLESPACE ${schema}_small LOCATION '${folder}'`)
  const { rows } = await stand.database.query<{ name: string }>('SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass', [`${schema}.events`])
  for (const { name } of rows) await stand.owner(`ALTER TABLE ${name} SET TABLESPACE ${schema}_small`)
  return {
    fills: true,
    async fill () { /* the events do */ },
    async makeRoom () { execFileSync('mount', ['-o', 'remount,size=64m', folder]) },
    remove
  }
}

function fullByWord (): Disk {
  const { schema } = stand
  return {
    fills: false,
    async fill () {
      await stand.owner(`CREATE FUNCTION ${schema}.full_disk () RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`)
      await stand.owner(`CREATE TRIGGER full_disk BEFORE INSERT ON ${schema}.events FOR EACH ROW EXECUTE FUNCTION ${schema}.full_disk()`)
    },
    async makeRoom () { await stand.owner(`DROP TRIGGER full_disk ON ${schema}.events`) },
    async remove () { /* it goes with the schema */ }
  }
}

test('it waits and says why; when there is room again, every event is there once, and none is in `rejected`', async () => {
  await disk.fill()
  for (let from = 20; from < 3_020; from += 500) written.push(...await stand.sendRequests(from, from + 500, 1))
  const readiness = async () => (await fetch(`http://127.0.0.1:${archiver.healthPort}/readyz`)).text()
  await until(readiness, text => text.includes('No space left on device'))
  expect((await stand.eventIds()).length).toBeLessThan(written.length)
  const progress = await stand.progress()
  await disk.makeRoom()
  await stand.archived()
  expect(await stand.eventIds()).toEqual(written.sort())
  expect(await stand.rejected()).toEqual([])
  expect((await stand.progress())[0]!.nextOffset).toBeGreaterThan(progress[0]!.nextOffset)
  await until(readiness, text => text.includes('"status":"ready"'))
})
