import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type IncomingMessage, request } from 'node:http'
import { ApiStand, expectProblem, get, url } from './api-stand.ts'
import { until } from './until.ts'

const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }
const rowCount = 20_000

let stand: ApiStand
let api: Awaited<ReturnType<ApiStand['start']>>
let token: string

beforeAll(async () => {
  stand = await ApiStand.open()
  await stand.insert([{ event_id: 'first', at: range.from }])
  await stand.database.query(`INSERT INTO ${stand.schema}.events (event_id, at, decision, hop, attempt, payload_hash_key_id, payload_bytes, appended_at, latency_ms, ingress_topic, ingress_partition,
    ingress_offset, control_offset, task, decided_by, source) SELECT 'e' || lpad(i::text, 6, '0'), '2026-03-01T00:00:01Z'::timestamptz + i * interval '10 ms', 'delivered', 0, 1, '', 0, now(), 1,
    't', 0, i, 0, 0, 'c', CASE i % 3 WHEN 0 THEN '=cmd|x' WHEN 1 THEN 'a,"b"' ELSE 'bot' END FROM generate_series(2, ${rowCount}) i`)
  api = await stand.start({ searchesMax: 2, statementMs: 700 })
  token = await stand.token()
})
afterAll(() => stand.close())

const search = (signal?: AbortSignal) => get(url(api, '/events', range), token, signal)

test('a query that takes too long ends as a 504 that says what to do, and the next one is answered', async () => {
  const release = await stand.lockArchive()
  expectProblem(await search(), 504, 'QUERY_TIMEOUT')
  expect(await stand.runningStatements()).toBe(0)
  await release()
  expect((await search()).status).toBe(200)
})

test('a caller that goes away has its query cancelled in PostgreSQL, and its place given back', async () => {
  const patient = await stand.start({ statementMs: 60_000 })
  const release = await stand.lockArchive()
  const gone = new AbortController()
  const asked = get(url(patient, '/events', range), token, gone.signal).catch((error: Error) => error.name)
  await until(() => stand.runningStatements(), count => count === 1)
  gone.abort()
  await until(() => stand.runningStatements(), count => count === 0, 3_000)
  expect(await asked).toBe('AbortError')
  await release()
  expect((await get(url(patient, '/events', range), token)).status).toBe(200)
  const { rows } = await stand.database.query('SELECT 1 AS alive')
  expect(rows).toEqual([{ alive: 1 }])
  const cancelled = await until(() => stand.records(), records => records.some(({ outcome }) => outcome === 'CANCELLED'))
  expect(cancelled.find(({ outcome }) => outcome === 'CANCELLED')).toMatchObject({ who: 'ada', route: 'GET /events', phase: 'ended', rows: 0 })
})

test('one query more than may run is refused at once, with when to come again; one caller can\'t take all places', async () => {
  const release = await stand.lockArchive()
  const other = await stand.token({ sub: 'grace', role: 'auditor' })
  const first = search()
  await until(() => stand.runningStatements(), count => count === 1)
  const second = await search()
  expectProblem(second, 429, 'TOO_MANY_QUERIES')
  expect(second.headers.get('retry-after')).toMatch(/^\d+$/)
  const third = get(url(api, '/events', range), other)
  await until(() => stand.runningStatements(), count => count === 2)
  expectProblem(await get(url(api, '/events', range), await stand.token({ sub: 'edsger', role: 'auditor' })), 429, 'TOO_MANY_QUERIES')
  await release()
  expect((await first).status).toBe(200)
  expect((await third).status).toBe(200)
})

test('connections are read-only, whatever their role may do', async () => {
  const { rows } = await stand.database.query('SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = \'mesh-audit-api\'')
  expect(rows[0].count).toBeGreaterThan(0)
  expect(rows[0].count).toBeLessThanOrEqual(2 * (2 + 4 + 1))
  const { openArchiveReader } = await import('../src/postgres.ts')
  const { createLogger } = await import('@mesh/runtime')
  const reader = openArchiveReader({ databaseUrl: stand.options.databaseUrl, schema: stand.schema, connectionsMax: 1, statementMs: 1_000, logger: createLogger({ name: 't', level: 'silent' }) })
  await expect(reader.rows({ text: `DELETE FROM ${stand.schema}.events`, values: [] }, new AbortController().signal)).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: '25006' } })
  await reader.close()
})

test('an export has every row once, in order, as NDJSON and as CSV that no spreadsheet takes for a formula', async () => {
  const ndjson = await get(url(api, '/export', range), token)
  expect(ndjson.type).toBe('application/x-ndjson')
  const events = String(ndjson.body).trim().split('\n').map(line => JSON.parse(line))
  expect(events).toHaveLength(rowCount)
  expect(events.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId).toSorted((a: string, b: string) => a === 'first' ? -1 : b === 'first' ? 1 : a < b ? -1 : 1))
  expect(events.find(({ eventId }) => eventId === 'e000003').source).toBe('=cmd|x')
  const csv = await get(url(api, '/export', { ...range, format: 'csv' }), token)
  const [heading, ...lines] = String(csv.body).trimEnd().split('\r\n')
  expect(csv.type).toContain('text/csv')
  expect(heading).toMatch(/^eventId,at,decision,/)
  expect(lines).toHaveLength(rowCount)
  expect(lines.filter(line => line.includes(',\'=cmd|x,'))).toHaveLength(Math.floor(rowCount / 3))
  expect(lines.filter(line => line.includes(',"a,""b""",'))).not.toHaveLength(0)
})

test('an export waits for a slow reader, holds its place meanwhile, and stops when the reader goes away', async () => {
  const reading = request(url(api, '/export', range), { headers: { authorization: `Bearer ${token}` } }).end()
  const response = await new Promise<IncomingMessage>(resolve => reading.once('response', resolve))
  response.pause()
  await until(() => get(url(api, '/export', range), token), ({ status }) => status === 429)
  // 20,000 rows are 20 MB as text; what is on its way is bounded by buffers.
  const sent = await stand.records()
  expect(sent.filter(({ route, phase }) => route === 'GET /export' && phase === 'began')).toHaveLength(3)
  expect(sent.filter(({ route, phase }) => route === 'GET /export' && phase === 'ended')).toHaveLength(2)
  reading.destroy()
  const records = await until(() => stand.records(), all => all.filter(({ route, phase }) => route === 'GET /export' && phase === 'ended').length === 3)
  const ended = records.findLast(({ route, phase }) => route === 'GET /export' && phase === 'ended')
  expect(ended).toMatchObject({ outcome: 'CANCELLED' })
  expect(ended!.rows).toBeLessThan(rowCount)
  expect(await stand.runningStatements()).toBe(0)
  await until(() => get(url(api, '/export', { ...range, source: 'nobody' }), token), ({ status }) => status === 200)
})

test('an export that has more rows than one may have is broken off, so that nobody takes it for whole', async () => {
  const small = await stand.start({ exportRowsMax: 1_500 })
  await expect(get(url(small, '/export', range), token)).rejects.toThrow()
  const records = await until(() => stand.records(), all => all.some(({ outcome }) => outcome === 'EXPORT_BOUNDED'))
  expect(records.find(({ outcome }) => outcome === 'EXPORT_BOUNDED')).toMatchObject({ rows: 1_000, phase: 'ended' })
})
