// Days go when they are old and nobody holds them; readers are not locked out; what went is written down.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import type { ControlChange } from '@mesh/schemas'
import pg from 'pg'
import { openConnections, type Connections } from '../src/connections.ts'
import { dayMs, dayOf } from '../src/core/days.ts'
import { retentionPass, type RetentionPass } from '../src/retention.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

let stand: AuditStand
let connections: Connections
const nowMs = Date.now()
const day = (ago: number) => dayOf(nowMs - ago * dayMs)
const eventOf = (ago: number, id = `e${ago}`, offset = ago) => sampleEvent({
  eventId: id, atMs: Date.parse(`${day(ago)}T12:00:00Z`), dispatchId: `d-${id}`, ingress: { topic: 'mesh.dispatch.p2', partition: 0, offset }
})
const hold = (holdId: string, after: object | null, changes: Partial<ControlChange> = {}): ControlChange => ({
  changeId: `${holdId}-${Math.random()}`, atMs: Date.now(), who: 'ada', why: 'a case', entity: `hold/${holdId}`, before: null, after: after === null ? null : JSON.stringify(after), ...changes
})
const pass = (isCaughtUp = async () => true): Promise<RetentionPass | undefined> =>
  retentionPass({ connections, schema: stand.schema, keptDays: 10, nowMs: () => nowMs, isCaughtUp })
const archiveHold = async (change: ControlChange) => {
  await stand.send(0, [{ key: change.entity, value: stand.codec.encode('ControlChange', change) }], stand.changesTopic)
  await stand.archived(undefined, stand.changesTopic)
}
const days = async () => (await stand.database.query(`SELECT DISTINCT at::date::text AS day FROM ${stand.schema}.events ORDER BY 1`)).rows.map(row => row.day)
const dropped = async () => (await stand.database.query(`SELECT day::text, events::int, dropped_at IS NOT NULL AS ended, positions FROM ${stand.schema}.dropped_days ORDER BY day, decided_at`)).rows

beforeAll(async () => {
  stand = await AuditStand.open(1)
  connections = openConnections({ databaseUrl: stand.options.databaseUrl, connectionsMax: 2, logger: createLogger({ name: 'test', level: 'silent' }) })
  await stand.startArchiver()
  const events = [30, 29, 28, 27, 12, 11, 10, 9].map(ago => eventOf(ago))
  await stand.send(0, [...events, eventOf(30, 'second', 31)].map(event => ({ key: event.eventId, value: stand.story(event) })))
  await stand.archived()
})
afterAll(async () => {
  await connections.close()
  await stand.close()
})

test('while a change may be on its way nothing is dropped', async () => {
  expect(await pass(async () => false)).toBeUndefined()
  expect(await days()).toContain(day(30))
})

test('a held day stays, whatever the hold is about; the others go, and a reader of them is not locked out', async () => {
  await archiveHold(hold('case-1', { fromMs: nowMs - 29 * dayMs, toMs: nowMs - 28 * dayMs, workflow: null, agent: 'memory' }))
  await archiveHold(hold('odd', { from: 'a text that nobody reads' }))
  expect(await pass()).toEqual({ dropped: [], held: [30, 29, 28, 27, 12, 11].map(day) })
  await archiveHold(hold('odd', null))

  const reader = new pg.Client({ connectionString: stand.options.databaseUrl })
  await reader.connect()
  await reader.query('BEGIN')
  expect((await reader.query(`SELECT count(*)::int AS events FROM ${stand.schema}.events`)).rows[0].events).toBe(9)
  const passing = pass()
  // The pass waits for this reader, and new readers and writers wait for neither.
  await until(async () => (await stand.database.query(`SELECT count(*)::int AS open FROM ${stand.schema}.dropped_days WHERE dropped_at IS NULL`)).rows[0].open, open => open === 1)
  const other = await stand.database.query(`SET statement_timeout = 2000; SELECT count(*)::int AS events FROM ${stand.schema}.events`) as unknown as pg.QueryResult[]
  expect(other[1]!.rows[0].events).toBeGreaterThan(0)
  await stand.send(0, [{ key: 'now', value: stand.story(eventOf(0)) }])
  await stand.archived()
  await reader.query('COMMIT')
  await reader.end()
  const held = [29, 28].map(day)
  expect(await passing).toEqual({ dropped: [30, 27, 12, 11].map(ago => ({ day: day(ago), events: ago === 30 ? 2 : 1 })), held })
  expect(await days()).toEqual([...held, ...[10, 9, 0].map(day)])
  expect((await dropped())[0]).toEqual({
    day: day(30), events: 2, ended: true, positions: [{ topic: 'mesh.dispatch.p2', partition: 0, events: 2, firstOffset: 30, lastOffset: 31 }]
  })
})

test('a released hold holds no longer', async () => {
  await archiveHold(hold('case-1', null))
  expect(await pass()).toEqual({ dropped: [29, 28].map(ago => ({ day: day(ago), events: 1 })), held: [] })
})

test('an event that comes after its day was dropped makes it again, and it goes once more', async () => {
  await stand.send(0, [{ key: 'late', value: stand.story(eventOf(30, 'very-late')) }])
  await stand.archived()
  expect(await days()).toContain(day(30))
  expect(await pass()).toEqual({ dropped: [{ day: day(30), events: 1 }], held: [] })
  expect((await dropped()).filter(row => row.day === day(30))).toHaveLength(2)
})

test('what one who was killed had begun is ended by the next, or taken back if it is held by now', async () => {
  const { schema } = stand
  const table = (ago: number) => `${schema}.events_${day(ago).replaceAll('-', '')}`
  for (const ago of [20, 21]) {
    await stand.send(0, [{ key: 'k', value: stand.story(eventOf(ago)) }])
    await stand.archived()
    await stand.owner(`INSERT INTO ${schema}.dropped_days (day) VALUES ('${day(ago)}')`)
    await stand.owner(`ALTER TABLE ${schema}.events DETACH PARTITION ${table(ago)}`)
  }
  await archiveHold(hold('case-2', { fromMs: nowMs - 21 * dayMs, toMs: nowMs - 21 * dayMs, workflow: null, agent: null }))
  expect(await pass()).toEqual({ dropped: [{ day: day(20), events: 1 }], held: [day(21)] })
  expect(await days()).toEqual([21, 10, 9, 0].map(day))
  expect((await dropped()).every(({ ended }) => ended)).toBe(true)
})

test('of two at once, one drops', async () => {
  await archiveHold(hold('case-2', null))
  const passes = await Promise.all([pass(), pass()])
  expect(passes.filter(each => each !== undefined).flatMap(each => each.dropped)).toEqual([{ day: day(21), events: 1 }])
})
