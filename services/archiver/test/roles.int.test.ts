// Who may do what in the archive: as the roles of migration 0007, logged in.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import pg from 'pg'
import { isMigrated } from '../src/migration.ts'
import { AuditStand } from './audit-stand.ts'
import { until } from './until.ts'

let stand: AuditStand
const logins: string[] = []

beforeAll(async () => {
  stand = await AuditStand.open(1)
  // The owner migrates: the first archiver, once.
  const first = await stand.startArchiver()
  await stand.sendRequests(0, 10, 1)
  await stand.archived()
  await stand.drain(first)
})
afterAll(async () => {
  for (const login of logins) await stand.owner(`DROP ROLE ${login}`)
  await stand.close()
})

/** Someone who logs in and has but this role. */
async function login (role: 'writer' | 'reader' | undefined): Promise<string> {
  const name = `${stand.schema}_login_${role ?? 'nobody'}`
  await stand.owner(`CREATE ROLE ${name} LOGIN PASSWORD 'x' ${role === undefined ? '' : `IN ROLE ${stand.schema}_${role}`}`)
  logins.push(name)
  const url = new URL(stand.options.databaseUrl)
  url.username = name
  url.password = 'x'
  return url.href
}

async function refusals (databaseUrl: string, statements: readonly string[]): Promise<(string | undefined)[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const codes: (string | undefined)[] = []
    for (const statement of statements) codes.push(await client.query(statement).then(() => undefined, (error: pg.DatabaseError) => error.code))
    return codes
  } finally {
    await client.end()
  }
}

const denied = '42501'

test('a writer adds and reads; it can neither change nor remove an event, a refusal or a change, nor any table', async () => {
  const { schema } = stand
  const day = `${schema}.events_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  const url = await login('writer')
  const tampering = ['events', 'rejected', 'changes', 'alerts', 'dropped_days'].flatMap(table =>
    [`UPDATE ${schema}.${table} SET ${table === 'events' ? 'source' : table === 'rejected' ? 'detail' : table === 'dropped_days' ? 'positions' : 'at'} = NULL`,
      `DELETE FROM ${schema}.${table}`, `TRUNCATE ${schema}.${table}`, `DROP TABLE ${schema}.${table}`])
  const direct = [`UPDATE ${day} SET source = 'x'`, `DELETE FROM ${day}`, `DROP TABLE ${day}`, `ALTER TABLE ${schema}.events DETACH PARTITION ${day}`,
    `DELETE FROM ${schema}.progress`, `INSERT INTO ${schema}.dropped_days (day) VALUES (now())`, `CREATE TABLE ${schema}.mine (a int)`, `GRANT ALL ON ${schema}.events TO PUBLIC`]
  expect(await refusals(url, tampering)).toEqual(tampering.map(() => denied))
  // A grant without the right to it is a warning in PostgreSQL; that nothing came of it is seen below.
  expect((await refusals(url, direct)).slice(0, -1)).toEqual(direct.slice(0, -1).map(() => denied))
  expect(await refusals(url, [`SELECT count(*) FROM ${schema}.events`, `SELECT ${schema}.make_day(current_date)`])).toEqual([undefined, undefined])
  // Its one power over tables ends at days near today.
  expect(await refusals(url, [`SELECT ${schema}.make_day('1999-01-01')`])).toEqual(['P0001'])
})

test('a reader reads, and nothing else; nobody else does even that', async () => {
  const { schema } = stand
  const writes = [`INSERT INTO ${schema}.rejected VALUES ('t', 0, 0, 'r', 'd')`, `UPDATE ${schema}.events SET source = 'x'`, `DELETE FROM ${schema}.events`,
    `UPDATE ${schema}.progress SET next_offset = 0`, `SELECT ${schema}.make_day(current_date)`, `TRUNCATE ${schema}.events`]
  const reads = ['events', 'changes', 'alerts', 'progress', 'rejected', 'dropped_days'].map(table => `SELECT count(*) FROM ${schema}.${table}`)
  const reader = await login('reader')
  expect(await refusals(reader, [...reads, ...writes])).toEqual([...reads.map(() => undefined), ...writes.map(() => denied)])
  expect(await refusals(await login(undefined), [...reads, ...writes])).toEqual([...reads, ...writes].map(() => denied))
})

test('the archiver runs wholly as a writer once the owner has migrated: new days too', async () => {
  const url = new URL(stand.options.databaseUrl)
  url.username = `${stand.schema}_login_writer`
  url.password = 'x'
  await stand.owner(`DROP TABLE ${stand.schema}.events_${new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`)
  const archiver = await stand.startArchiver({ databaseUrl: url.href, migrates: 'off', redisUrl: process.env['REDIS_URL'] })
  const before = (await stand.eventIds()).length
  await stand.sendRequests(10, 60, 1)
  await stand.archived()
  expect(await stand.eventIds()).toHaveLength(before + 100)
  const { rows } = await stand.database.query(`SELECT count(*)::int AS days FROM pg_inherits WHERE inhparent = '${stand.schema}.events'::regclass`)
  expect(rows[0].days).toBeGreaterThanOrEqual(4)
  await until(async () => (await fetch(`http://127.0.0.1:${archiver.healthPort}/readyz`)).text(), text => text.includes('"hotTier":"ok"'))
  await stand.drain(archiver)
})

test('tables that the owner has not migrated are named, not touched', async () => {
  const { schema, options: { databaseUrl } } = stand
  const logger = createLogger({ name: 'archiver', level: 'silent' })
  await expect(isMigrated({ databaseUrl, schema, logger })).resolves.toBeUndefined()
  await stand.owner(`DELETE FROM ${schema}.migrations WHERE name LIKE '0007%'`)
  await expect(isMigrated({ databaseUrl, schema, logger })).rejects.toThrow(/0007_retention .* let the owner/)
})
