import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ingressDayFrom, leafText, sealedEventOf, sha256, storedTree, type FindingCode } from '@mesh/evidence'
import { readdir } from 'node:fs/promises'
import { cellsOf } from '../src/core/event-columns.ts'
import { eventLeafText } from '../src/core/event-leaf.ts'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { publishedFolder, verified } from './bundle.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

const requests = 400
const awkward = sampleEvent({
  eventId: 'awkward', atMs: Date.now(), source: 'a\u0000b\t"\\\n\u2028é\ud83d\ude00', issuedAtMs: 9_007_199_254_740_990, deadlineAtMs: -1, latencyMs: 0, agentMs: 9_007_199_254_740_990,
  usage: { model: 'm\u0000"', inputTokens: 1, outputTokens: 2 ** 31 - 1, costMicros: 12_345 },
  quota: { quotaId: 'role/bot', ratePerS: 0.1, burst: 10, delayMs: 40, backlogRecords: 4, isLocal: false, episode: null },
  circuit: { state: 'half_open', episode: 'e', sinceMs: 7, isProbe: true }
})
let stand: AuditStand
let archiver: RunningArchiver
const signedLeaves = async () => {
  const { rows } = await stand.database.query(`SELECT body FROM ${stand.schema}.statements ORDER BY leaf_index DESC LIMIT 1`)
  const heads = rows.length === 0 ? [] : (JSON.parse(rows[0].body) as { heads: { size: number }[] }).heads
  return heads.reduce((sum, { size }) => sum + size, 0)
}
const sql = (text: string, values: unknown[] = []) => stand.database.query(text.replaceAll('@', `${stand.schema}.`), values)

beforeAll(async () => {
  stand = await AuditStand.open()
  archiver = await stand.startArchiver()
  await stand.sendRequests(0, requests)
  await stand.send(0, [{ key: 'awkward', value: stand.story(awkward) }])
  await stand.archived()
  await until(signedLeaves, leaves => leaves === 2 * requests + 1)
  await until(async () => [Number((await sql('SELECT max(size) FROM @checkpoints')).rows[0].max), await published()] as const, ([size, files]) => files.includes(size))
})
afterAll(() => stand.close())

async function published (): Promise<number[]> {
  const names = await readdir(publishedFolder(stand), { recursive: true })
  return names.filter(name => name.endsWith('.txt') && !name.endsWith('key.txt')).map(name => Number(name.slice(-20, -4)))
}

test('the export of what was archived is whole, and its checkpoint is on the topic, in the table and in the folder', async () => {
  const report = await verified(stand)
  expect(report.findings).toEqual([])
  expect(report).toMatchObject({ isWhole: true, events: 2 * requests + 1, eventsInTime: 2 * requests + 1, unsealedEvents: 0, origin: `${stand.namespace}/audit` })
  const { rows } = await sql('SELECT size, note FROM @checkpoints ORDER BY size')
  expect(await published()).toEqual(expect.arrayContaining(rows.map(({ size }) => Number(size))))
  const [ends] = await stand.admin.fetchTopicOffsets(stand.checkpointsTopic)
  expect(Number(ends?.high)).toBeGreaterThanOrEqual(rows.length)
})

test('what was sealed before its row existed is what the row says', async () => {
  const { rows, fields } = await sql('SELECT * FROM @events WHERE event_id = $1', ['awkward'])
  const text = leafText(sealedEventOf(fields, rows[0]))
  expect(text).toBe(eventLeafText(cellsOf(awkward)))
  const from = Number(rows[0].leaf_index)
  const leaves = await storedTree((query, values) => stand.database.query(query, [...values]), stand.schema, 0).leaves({ from, to: from + 1 })
  expect([...leaves.values()]).toEqual([sha256.leaf(Buffer.from(text))])
})

test('a day of ingress records that is over is told once, in a statement that the checkpoints sign', async () => {
  const [over, young] = ['2026-01-05', new Date().toISOString().slice(0, 10)]
  const positions = (day: string) => sql(`INSERT INTO @ingress_days (day, topic, partition, first_offset, last_offset, records, gaps, run_from, closed_digest)
    VALUES ($1, 'mesh.dispatch.p1', 0, 4, 9, 5, 1, 7, $2), ($1, 'mesh.dispatch.p0', 3, 0, 0, 1, 0, 0, $2)`, [day, '00'.repeat(32)])
  await positions(over)
  await positions(young)
  await sql('INSERT INTO @ingress_progress (topic, partition, first_offset, next_offset, counted_until) VALUES (\'mesh.dispatch.p9\', 0, 0, 0, now())')
  const told = async () => (await sql('SELECT body FROM @statements WHERE body LIKE \'{"day":%\' ORDER BY leaf_index')).rows.map(({ body }) => ingressDayFrom(JSON.parse(body)))
  const [day] = await until(told, days => days.length > 0)
  expect(day).toMatchObject({ day: over, partitions: [{ topic: 'mesh.dispatch.p0', partition: 3, records: 1 }, { topic: 'mesh.dispatch.p1', partition: 0, firstOffset: 4, lastOffset: 9, records: 5 }] })
  const { rows: [{ size }] } = await sql('SELECT max(size) AS size FROM @checkpoints')
  await stand.sendRequests(requests, requests + 20)
  await until(async () => Number((await sql('SELECT max(size) AS size FROM @checkpoints')).rows[0].size), later => later > Number(size))
  expect(await told()).toHaveLength(1)
  expect(await verified(stand)).toMatchObject({ findings: [], isWhole: true })
})

// Each as the owner of the tables can do it; what it was is put back afterwards.
const one = '(SELECT event_id FROM @events WHERE log = 1 AND leaf_index = 5)'
const tamperings: [name: string, code: FindingCode, undo: string, sql: string[]][] = [
  ['a changed field', 'EVENT_CHANGED', 'events', [`UPDATE @events SET target = 'somebody-else' WHERE event_id = ${one}`]],
  ['a changed time', 'EVENT_CHANGED', 'events', [`UPDATE @events SET at = at + interval '1 ms' WHERE event_id = ${one}`]],
  ['a field that was emptied', 'EVENT_CHANGED', 'events', [`UPDATE @events SET reason = '' WHERE event_id = ${one}`]],
  ['a deleted row', 'EVENT_MISSING', 'events', [`DELETE FROM @events WHERE event_id = ${one}`]],
  ['an inserted row', 'EVENT_INSERTED', 'events', [`CREATE TEMP TABLE put AS SELECT * FROM @events WHERE event_id = ${one}`,
    'UPDATE put SET event_id = \'forged\', leaf_index = NULL', 'INSERT INTO @events SELECT * FROM put', 'DROP TABLE put']],
  ['a duplicated row', 'EVENT_DUPLICATED', 'events', [`CREATE TEMP TABLE put AS SELECT * FROM @events WHERE event_id = ${one}`,
    'UPDATE put SET event_id = \'again\'', 'INSERT INTO @events SELECT * FROM put', 'DROP TABLE put']],
  ['swapped rows', 'EVENT_MOVED', 'events', ['UPDATE @events SET leaf_index = CASE leaf_index WHEN 5 THEN 6 ELSE 5 END WHERE log = 1 AND leaf_index IN (5, 6)']],
  ['a log cut off at its end', 'TAIL_MISSING', 'events,leaf_runs,logs', [
    'DELETE FROM @events WHERE log = 1 AND leaf_index >= 256', 'DELETE FROM @leaf_runs WHERE log = 1 AND first_index >= 256']],
  ['a statement changed', 'STATEMENT_WRONG', 'statements', ['UPDATE @statements SET body = replace(body, \'"log":1\', \'"log":7\') WHERE leaf_index = (SELECT max(leaf_index) FROM @statements)']],
  ['a checkpoint replaced by an older one', 'CHECKPOINT_ROLLED_BACK', 'checkpoints', ['DELETE FROM @checkpoints WHERE size > (SELECT min(size) FROM @checkpoints)']]
]

test.each(tamperings)('the owner\'s edit is caught and named: %s', async (_name, code, undo, statements) => {
  for (const table of undo.split(',')) await sql(`CREATE TABLE ${stand.schema}_${table}_kept AS SELECT * FROM @${table}`)
  try {
    const client = await stand.database.connect()
    for (const statement of statements) await client.query(statement.replaceAll('@', `${stand.schema}.`))
    client.release()
    const [first] = (await verified(stand)).findings
    expect(first).toMatchObject({ code })
    if (code.startsWith('EVENT_') && code !== 'EVENT_INSERTED') expect(first).toMatchObject({ log: 1, index: 5, lastIndex: 5 })
  } finally {
    for (const table of undo.split(',')) {
      await sql(`DELETE FROM @${table}`)
      await sql(`INSERT INTO @${table} SELECT * FROM ${stand.schema}_${table}_kept`)
      await sql(`DROP TABLE ${stand.schema}_${table}_kept`)
    }
  }
})

test('an event that was changed together with its leaf is caught by the root that was signed, and named within its block', async () => {
  const { rows, fields } = await sql('SELECT * FROM @events WHERE log = 1 AND leaf_index = 5')
  const { rows: [run] } = await sql('SELECT first_index, hashes FROM @leaf_runs WHERE log = 1 AND first_index <= 5 ORDER BY first_index DESC LIMIT 1')
  const forged = Buffer.from(run.hashes)
  forged.write(sha256.leaf(Buffer.from(leafText({ ...sealedEventOf(fields, rows[0]), target: 'somebody-else' }))), 32 * (5 - Number(run.first_index)), 'latin1')
  await sql('UPDATE @events SET target = \'somebody-else\' WHERE log = 1 AND leaf_index = 5')
  await sql('UPDATE @leaf_runs SET hashes = $2 WHERE log = 1 AND first_index = $1', [run.first_index, forged])
  const [first] = (await verified(stand)).findings
  expect(first).toMatchObject({ code: 'EVENT_RESEALED', log: 1 })
  expect(first!.index).toBeLessThanOrEqual(5)
  expect(first!.lastIndex).toBeGreaterThanOrEqual(5)
  expect(first!.lastIndex! - first!.index!).toBeLessThan(256)
  await sql('UPDATE @events SET target = $1 WHERE log = 1 AND leaf_index = 5', [rows[0].target])
  await sql('UPDATE @leaf_runs SET hashes = $2 WHERE log = 1 AND first_index = $1', [run.first_index, run.hashes])
  expect((await verified(stand)).isWhole).toBe(true)
})

test('of a database that was rolled back nothing is signed, it is said, and archiving goes on', async () => {
  await stand.drain(archiver)
  const tables = ['logs', 'leaf_runs', 'subtrees', 'statements', 'checkpoints']
  for (const table of tables) await sql(`CREATE TABLE ${stand.schema}_${table}_old AS SELECT * FROM @${table}`)
  archiver = await stand.startArchiver()
  const before = await signedLeaves()
  await stand.sendRequests(requests, requests + 50)
  await stand.archived()
  await until(signedLeaves, leaves => leaves === before + 100)
  await stand.drain(archiver)

  for (const table of tables) {
    await sql(`DELETE FROM @${table}`)
    await sql(`INSERT INTO @${table} SELECT * FROM ${stand.schema}_${table}_old`)
    await sql(`DROP TABLE ${stand.schema}_${table}_old`)
  }
  archiver = await stand.startArchiver()
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${archiver.healthPort}/${path}`)).text()
  await until(() => get('readyz'), text => text.includes('ROLLED_BACK'))
  expect(await get('metrics')).toMatch(/mesh_archiver_checkpoint_refusals_total\{[^}]*\} [1-9]/)
  const archivedBefore = (await stand.eventIds()).length
  const signedBefore = (await sql('SELECT count(*) FROM @checkpoints')).rows
  await stand.sendRequests(requests + 50, requests + 100)
  await stand.archived()
  expect((await stand.eventIds()).length).toBe(archivedBefore + 100)
  expect((await sql('SELECT count(*) FROM @checkpoints')).rows).toEqual(signedBefore)
  expect((await verified(stand)).findings.map(({ code }) => code)).toContain('CHECKPOINT_ROLLED_BACK')
})
