import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ApiStand, expectProblem, get, url } from './api-stand.ts'
import { until } from './until.ts'

const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }

let stand: ApiStand
let api: Awaited<ReturnType<ApiStand['start']>>
beforeAll(async () => {
  stand = await ApiStand.open({ hasTables: false })
  await stand.register('asker', 'sales')
  api = await stand.start()
})
afterAll(() => stand.close())

test('before the archiver has made the tables it is not ready, says why, and answers a 503', async () => {
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${api.healthPort}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }
  expect(await readiness()).toMatchObject({ status: 503, text: expect.stringContaining('the archiver makes it') })
  expectProblem(await get(url(api, '/events'), await stand.token()), 503, 'UNAVAILABLE')
  stand.startArchiver()
  expect(await until(readiness, ({ status }) => status === 200)).toMatchObject({ text: expect.stringContaining('"keys":"there"') })
})

test('every query is in the archive: who, what, how many rows, how it ended', async () => {
  await stand.insert([{ event_id: 'a', at: '2026-03-01T10:00:00Z', dispatch_id: 'd1' }])
  const auditor = await stand.token({ role: 'auditor', jti: 't-1' })
  const owner = await stand.token({ sub: 'olga', role: 'owner', team: 'sales' })
  await get(url(api, '/events', { ...range, source: 'asker' }), auditor)
  await get(url(api, '/events', { ...range, nonsense: 'a secret' }), auditor)
  await get(url(api, '/aggregates', range), owner)
  await get(url(api, '/dispatches/d1/trace'), owner)
  await get(url(api, '/dispatches/d9/trace'), owner)
  await get(url(api, '/export', range), auditor)
  await get(url(api, '/events', range), await stand.token({ role: 'admin' }))
  await get(url(api, '/events', range), 'not.a.token')
  const archived = async () => (await stand.database.query(`SELECT * FROM ${stand.schema}.queries ORDER BY at, phase`)).rows
  // The 503 of the test before is recorded, too; who has no token is not.
  const rows = await until(archived, found => found.length >= 9)
  expect(rows.map(({ who, role, team, route, outcome, rows }) => [who, role, team, route, outcome, rows])).toEqual([
    ['ada', 'auditor', null, 'GET /events', 'UNAVAILABLE', '0'],
    ['ada', 'auditor', null, 'GET /events', 'answered', '1'],
    ['ada', 'auditor', null, 'GET /events', 'INVALID_REQUEST', '0'],
    ['olga', 'owner', 'sales', 'GET /aggregates', 'answered', '1'],
    ['olga', 'owner', 'sales', 'GET /dispatches/:id/trace', 'answered', '1'],
    ['olga', 'owner', 'sales', 'GET /dispatches/:id/trace', 'NOT_FOUND', '0'],
    ['ada', 'auditor', null, 'GET /export', 'began', null],
    ['ada', 'auditor', null, 'GET /export', 'answered', '1'],
    ['ada', 'admin', null, 'GET /events', 'FORBIDDEN', '0']
  ])
  expect(rows[1]).toMatchObject({ token_id: 't-1', phase: 'ended', parameters: { source: ['asker'] }, duration_ms: expect.stringMatching(/^\d+$/) })
  expect(rows[2].parameters).toEqual({ refusedFields: ['nonsense'] })
  expect(JSON.stringify(rows)).not.toContain('a secret')
  expect(rows[6].query_id).toBe(rows[7].query_id)
})

test('a query that can\'t be recorded is not answered', async () => {
  await stand.admin.deleteTopics({ topics: [stand.names.queries] })
  const answer = await get(url(api, '/events', range), await stand.token())
  expectProblem(answer, 503, 'QUERY_UNRECORDED')
  expect(answer.body.events).toBeUndefined()
  expectProblem(await get(url(api, '/export', range), await stand.token()), 503, 'QUERY_UNRECORDED')
})
