import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EventFilter } from '../src/core/event-filter.ts'
import { searchSql, type Page } from '../src/core/event-sql.ts'
import { ApiStand, expectProblem, get, url } from './api-stand.ts'

const day = '2026-03-01'
const range = { from: `${day}T00:00:00Z`, to: '2026-03-04T00:00:00Z' }

let stand: ApiStand
let api: Awaited<ReturnType<ApiStand['start']>>
let token: string

beforeAll(async () => {
  stand = await ApiStand.open()
  await stand.insert([
    { event_id: 'a', at: `${day}T10:00:00Z`, workflow_id: 'w1', dispatch_id: 'd1', latency_ms: 4 },
    { event_id: 'b', at: `${day}T10:00:00.500Z`, workflow_id: 'w1', dispatch_id: 'd1', decision: 'completed', outcome: 'success', latency_ms: 40, usage: { model: 'm', costMicros: 900 } },
    { event_id: 'c', at: `${day}T11:00:00Z`, workflow_id: 'w1', dispatch_id: 'd2', parent_id: 'd1', source: 'worker', target: 'memory', capability: 'remember', priority: 3 },
    { event_id: 'd', at: '2026-03-02T10:00:00Z', workflow_id: 'w2', dispatch_id: 'd3', source: 'bot', target: null, decision: 'refused', outcome: 'refused', reason: 'OVER_QUOTA', latency_ms: 1 },
    { event_id: 'e', at: '2026-03-03T10:00:00Z', workflow_id: 'w2', dispatch_id: 'd4', type: 'event', source: 'it\'s; DROP TABLE', usage: { model: 'm', costMicros: 100 } }
  ])
  api = await stand.start()
  token = await stand.token()
})
afterAll(() => stand.close())

const ask = (query: string | Record<string, string | number>, path = '/events') => get(url(api, path, query), token)
const ids = async (query: Record<string, string | number>) => (await ask({ ...range, order: 'asc', ...query })).body.events?.map(({ eventId }: { eventId: string }) => eventId)

describe('each field', () => {
  test.each<[Record<string, string | number>, string[]]>([
    [{}, ['a', 'b', 'c', 'd', 'e']],
    [{ order: 'desc' }, ['e', 'd', 'c', 'b', 'a']],
    [{ from: `${day}T12:00:00+02:00`, to: `${day}T11:00:00.000Z` }, ['a', 'b']],
    [{ source: 'worker' }, ['c']],
    [{ target: 'worker' }, ['a', 'b', 'e']],
    [{ agent: 'worker' }, ['a', 'b', 'c', 'e']],
    [{ agent: 'bot' }, ['d']],
    [{ capability: 'remember' }, ['c']],
    [{ type: 'event' }, ['e']],
    [{ decision: 'refused' }, ['d']],
    [{ outcome: 'success' }, ['b']],
    [{ outcome: 'none' }, ['a', 'c', 'e']],
    [{ priority: 3 }, ['c']],
    [{ reason: 'OVER_QUOTA' }, ['d']],
    [{ workflow: 'w2' }, ['d', 'e']],
    [{ dispatch: 'd1' }, ['a', 'b']],
    [{ costMin: 100 }, ['b', 'e']],
    [{ costMin: 101 }, ['b']],
    [{ costMax: 899 }, ['e']],
    [{ source: 'asker', target: 'worker', dispatch: 'd1', outcome: 'success' }, ['b']],
    [{ source: 'nobody' }, []]
  ])('%j finds %j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected)
  })

  test('a field that is there twice takes either value', async () => {
    const { body } = await ask(`${new URLSearchParams(range)}&order=asc&reason=OVER_QUOTA&reason=X&outcome=refused&outcome=none`)
    expect(body.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['d'])
    const either = await ask(`${new URLSearchParams(range)}&order=asc&agent=bot&agent=memory`)
    expect(either.body.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['c', 'd'])
  })

  test('an event has every field, times in UTC, and what does not apply as null', async () => {
    const { body } = await ask({ ...range, dispatch: 'd1', outcome: 'success' })
    expect(body.events).toEqual([expect.objectContaining({
      eventId: 'b', at: `${day}T10:00:00.500Z`, decision: 'completed', latencyMs: 40, usage: { model: 'm', costMicros: 900 }, quota: null, deadlineAt: null, ingressOffset: 1, circuitIsProbe: null
    })])
    expect(body).toMatchObject({ from: `${day}T00:00:00.000Z`, to: '2026-03-04T00:00:00.000Z', next: null })
  })
})

describe('what is not asked rightly is refused, with the field\'s name', () => {
  test.each<[string, string, string, string]>([
    ['from after to', 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'INVALID_REQUEST', 'from'],
    ['from in the future alone', 'from=2999-01-01T00:00:00Z', 'INVALID_REQUEST', 'from'],
    ['no zone', 'from=2026-03-02T00:00:00', 'INVALID_REQUEST', 'from'],
    ['a zone whose + became a space', 'from=2026-03-02T00:00:00+02:00', 'INVALID_REQUEST', 'from'],
    ['a date alone', 'to=2026-03-02', 'INVALID_REQUEST', 'to'],
    ['a day that does not exist', 'to=2026-02-30T00:00:00Z', 'INVALID_REQUEST', 'to'],
    ['an unknown field', 'sorce=a', 'INVALID_REQUEST', 'sorce'],
    ['a range of too many days', 'from=2026-03-01T00:00:00Z&to=2026-04-02T00:00:00Z', 'RANGE_TOO_LARGE', 'from'],
    ['no cursor', 'cursor=abc', 'CURSOR_INVALID', 'cursor'],
    ['a cursor that is JSON of another kind', `cursor=${Buffer.from('{"v":1}').toString('base64url')}`, 'CURSOR_INVALID', 'cursor'],
    ['too many rows', 'limit=1001', 'INVALID_REQUEST', 'limit'],
    ['no rows', 'limit=0', 'INVALID_REQUEST', 'limit'],
    ['a number that is none', 'priority=1e0', 'INVALID_REQUEST', 'priority'],
    ['an outcome that does not exist', 'outcome=sucess', 'INVALID_REQUEST', 'outcome'],
    ['a control character', 'source=a%00b', 'INVALID_REQUEST', 'source'],
    ['an empty text', 'workflow=', 'INVALID_REQUEST', 'workflow'],
    ['an order that is none', 'order=newest', 'INVALID_REQUEST', 'order']
  ])('%s', async (_what, query, code, field) => {
    expectProblem(await ask(query), 400, code, field)
  })

  test('all problems at once', async () => {
    const { body } = await ask('limit=x&from=yesterday&colour=red')
    expect(body.problems.map(({ field }: { field: string }) => field).sort()).toEqual(['colour', 'from', 'limit'])
  })

  test('a cursor with other fields, or another range', async () => {
    const { body } = await ask({ ...range, limit: 1 })
    expectProblem(await ask({ ...range, limit: 1, source: 'bot', cursor: body.next }), 400, 'CURSOR_INVALID', 'cursor')
    expectProblem(await ask({ ...range, to: '2026-03-03T00:00:00Z', limit: 1, cursor: body.next }), 400, 'CURSOR_INVALID', 'cursor')
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body.next, 'base64url').toString()), f: 0 })).toString('base64url')
    expectProblem(await ask({ ...range, limit: 1, cursor: forged }), 400, 'RANGE_TOO_LARGE', 'from')
  })
})

test('what looks like SQL is a value like any other, in every field', async () => {
  const attack = '\'); DROP TABLE events; --'
  for (const field of ['agent', 'source', 'target', 'capability', 'reason', 'workflow', 'dispatch']) expect([field, await ids({ [field]: attack })]).toEqual([field, []])
  for (const field of ['type', 'decision', 'outcome', 'priority', 'costMin', 'costMax', 'order', 'limit', 'from', 'to', 'cursor']) {
    expect([field, (await ask({ ...range, [field]: attack })).status]).toEqual([field, 400])
  }
  for (const field of ['by', 'bucket']) expect((await ask({ ...range, [field]: 'source) FROM pg_user --' }, '/aggregates')).status).toBe(400)
  expect((await ask({ ...range, format: attack }, '/export')).status).toBe(400)
  expect((await get(url(api, `/dispatches/${encodeURIComponent(attack)}/trace`), token)).status).toBe(404)
  expect(await ids({ source: 'it\'s; DROP TABLE' })).toEqual(['e'])
  const cursor = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from((await ask({ ...range, limit: 1 })).body.next, 'base64url').toString()), e: attack })).toString('base64url')
  expect((await ask({ ...range, limit: 1, cursor })).status).toBe(200)
  expect(await ids({})).toEqual(['a', 'b', 'c', 'd', 'e'])
})

describe.each(['asc', 'desc'] as const)('pages, %s', order => {
  test('have each event once while others are inserted before, between and behind, also at one instant', async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 1, order === 'asc' ? 10 : 12, 0, 0, second)).toISOString()
    const row = (id: string, second: number) => ({ event_id: id, at: at(second), workflow_id: `pages-${order}` })
    const there = Array.from({ length: 30 }, (_, i) => row(`there-${String(i).padStart(2, '0')}`, 100 + Math.floor(i / 7)))
    await stand.insert(there)
    const query = { from: at(0), to: at(500), workflow: `pages-${order}`, order, limit: 4 }
    const seen: string[] = []
    let cursor: string | null = null
    for (let page = 0; page === 0 || cursor !== null; page++) {
      const { body }: { body: { events: { eventId: string }[], next: string | null } } = await ask({ ...query, ...cursor === null ? {} : { cursor } })
      seen.push(...body.events.map(({ eventId }) => eventId))
      cursor = body.next
      if (page < 6) await stand.insert([row(`before-${page}`, 50 + page), row(`there-00-${page}`, 100 + page % 5), row(`behind-${page}`, 300 + page)])
    }
    expect(seen.length).toBe(new Set(seen).size)
    const inOrder = there.map(({ event_id: id }) => id)
    expect(seen.filter(id => inOrder.includes(id))).toEqual(order === 'asc' ? inOrder : inOrder.toReversed())
  })
})

describe('no day outside the range is looked at', () => {
  const scanned = async (filter: Partial<EventFilter>, page: Partial<Page> = {}) => {
    const asked = { fromMs: Date.parse('2026-03-02T10:00:00Z'), toMs: Date.parse('2026-03-02T11:00:00Z'), ...filter }
    const { text, values } = searchSql(`${stand.schema}.events`, asked, 'all', { order: 'asc', rowsMax: 10, ...page })
    const { rows } = await stand.database.query(`EXPLAIN ${text}`, [...values])
    const relations = rows.flatMap(row => [...String(row['QUERY PLAN']).matchAll(/ on (events_\d{8})/g)].map(([, name]) => name))
    return [...new Set(relations)].sort()
  }

  test('by an hour, an agent and an hour, either side and an hour', async () => {
    for (const filter of [{}, { source: ['bot'] }, { agent: ['bot'] }, { workflow: ['w1'] }]) expect(await scanned(filter)).toEqual(['events_20260302'])
  })

  test('nor is a day before the page', async () => {
    const range = { fromMs: Date.parse('2026-03-01T00:00:00Z'), toMs: Date.parse('2026-03-04T00:00:00Z') }
    expect(await scanned(range)).toEqual(['events_20260301', 'events_20260302', 'events_20260303'])
    const after = { atMs: Date.parse('2026-03-02T10:00:00Z'), eventId: 'd' }
    expect(await scanned(range, { after })).toEqual(['events_20260302', 'events_20260303'])
    expect(await scanned(range, { after, order: 'desc' })).toEqual(['events_20260301', 'events_20260302'])
  })
})

test('the range that was left out is that of the first page on all pages', async () => {
  const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString()
  await stand.insert([{ event_id: 'now-1', at: at(2_000), workflow_id: 'recent' }, { event_id: 'now-2', at: at(1_000), workflow_id: 'recent' }])
  const first = await ask({ workflow: 'recent', limit: 1 })
  const second = await ask({ workflow: 'recent', limit: 1, cursor: first.body.next })
  expect(first.body.events.concat(second.body.events).map(({ eventId }: { eventId: string }) => eventId)).toEqual(['now-2', 'now-1'])
  expect([second.body.from, second.body.to]).toEqual([first.body.from, first.body.to])
})

test('aggregates count by hour and by a field, with percentiles', async () => {
  const hours = await ask({ ...range, to: '2026-03-02T00:00:00Z' }, '/aggregates')
  expect(hours.body).toMatchObject({
    bucket: 'hour', by: null,
    groups: [
      { at: `${day}T10:00:00.000Z`, key: null, events: 2, latencyMs: { p50: 4, p95: 40, p99: 40 } },
      { at: `${day}T11:00:00.000Z`, key: null, events: 1, latencyMs: { p50: 5, p95: 5, p99: 5 } }
    ]
  })
  const days = await ask({ ...range, bucket: 'day', by: 'target', agent: 'worker' }, '/aggregates')
  expect(days.body.groups.map(({ at, key, events }: { at: string, key: string, events: number }) => [at.slice(0, 10), key, events]))
    .toEqual([[day, 'memory', 1], [day, 'worker', 2], ['2026-03-03', 'worker', 1]])
  expectProblem(await ask({ ...range, by: 'payload_hash' }, '/aggregates'), 400, 'INVALID_REQUEST', 'by')
})

test('a trace goes back to the origin and forward to all descendants', async () => {
  const trace = async (id: string, query = '') => (await get(url(api, `/dispatches/${id}/trace`, query), token)).body
  const shown = ({ hops }: { hops: { dispatchId: string, relation: string }[] }) => hops.map(({ dispatchId, relation }) => `${dispatchId} ${relation}`)
  expect(shown(await trace('d2'))).toEqual(['d1 ancestor', 'd2 asked'])
  expect(shown(await trace('d1'))).toEqual(['d1 asked', 'd2 descendant'])
  expect(shown(await trace('d3'))).toEqual(['d3 asked'])
  expect(shown(await trace('d3', 'whole=true'))).toEqual(['d3 asked', 'd4 other'])
  expect(await trace('d1')).toMatchObject({ workflowId: 'w1', hopsHidden: 0, isComplete: true, hops: [{ totalMs: 40, outcome: 'success', depth: 0 }, { depth: 1 }] })
  expectProblem(await get(url(api, '/dispatches/nobody/trace'), token), 404, 'NOT_FOUND')
  expectProblem(await get(url(api, '/dispatches/d1/trace', 'x=1'), token), 400, 'INVALID_REQUEST', 'x')
})

test('the OpenAPI document names every field and needs no token', async () => {
  const { body } = await get(url(api, '/docs/json'))
  expect(Object.keys(body.paths).sort()).toEqual(['/aggregates', '/dispatches/{id}/trace', '/events', '/export'])
  expect(body.paths['/events'].get.parameters.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['from', 'agent', 'costMin', 'cursor']))
})
