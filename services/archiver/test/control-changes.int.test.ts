import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ControlChange } from '@mesh/schemas'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'

let stand: AuditStand
let first: RunningArchiver
beforeAll(async () => { stand = await AuditStand.open(1) })
afterAll(() => stand.close())

const change = (changeId: string, changes: Partial<ControlChange> = {}): ControlChange => ({
  changeId, atMs: Date.UTC(2026, 10, 21, 12), who: 'ada', why: null, entity: 'quota/agent/memory', before: null, after: '{"ratePerS":10}', ...changes
})
const send = (...changes: ControlChange[]) =>
  stand.send(0, changes.map(one => ({ key: one.entity, value: stand.codec.encode('ControlChange', one) })), stand.changesTopic)
const archived = async () => {
  await stand.archived(undefined, stand.changesTopic)
  return (await stand.database.query(`SELECT * FROM ${stand.schema}.changes ORDER BY at, change_id`)).rows
}

test('an archive of the version before keeps its rows and takes what came with flow control', async () => {
  const { schema, database } = stand
  await stand.migrateWithOldRow(1)

  first = await stand.startArchiver()
  const atMs = Date.now()
  const quota = { quotaId: 'role/bot', ratePerS: 100, burst: 100, delayMs: 40, backlogRecords: 4, isLocal: false, episode: 'e-1' }
  const deferred = sampleEvent({ eventId: 'a', atMs, decision: 'deferred', reason: 'OVER_QUOTA', dueAtMs: atMs + 40, quota })
  const released = sampleEvent({ eventId: 'a/released', atMs: atMs + 41, decision: 'released', dueAtMs: atMs + 40 })
  const cleared = sampleEvent({
    eventId: 'task/0/quota/bot/e-1', atMs: atMs + 50, decision: 'cleared', dispatchId: null, workflowId: null, type: null, priority: null,
    ingress: { topic: '', partition: 0, offset: -1 }, quota: { ...quota, backlogRecords: 0 }
  })
  await stand.send(0, [{ key: 'a', value: stand.story(deferred, released) }, { key: 'c', value: stand.story(cleared) }])
  await stand.archived()
  const { rows } = await database.query(`SELECT event_id, decision, reason, due_at, quota FROM ${schema}.events ORDER BY at, event_id`)
  const due = new Date(atMs + 40)
  expect(rows.map(row => [row.event_id, row.decision, row.reason, row.due_at, row.quota?.backlogRecords ?? null])).toEqual([
    ['old', 'delivered', null, null, null], ['a', 'deferred', 'OVER_QUOTA', due, 4], ['a/released', 'released', null, due, null], ['task/0/quota/bot/e-1', 'cleared', null, null, 0]
  ])
})

test('a change is one row with every field, however often it is written', async () => {
  const full = change('c-2', { atMs: Date.UTC(2026, 10, 21, 12, 0, 0, 7), why: 'the campaign', before: '{"ratePerS":10}', after: null })
  await send(change('c-1'), full, change('c-1'))
  await send(full)
  expect(await archived()).toEqual([
    { change_id: 'c-1', at: new Date(Date.UTC(2026, 10, 21, 12)), who: 'ada', why: null, entity: 'quota/agent/memory', before: null, after: { ratePerS: 10 } },
    { change_id: 'c-2', at: new Date(full.atMs), who: 'ada', why: 'the campaign', entity: 'quota/agent/memory', before: { ratePerS: 10 }, after: null }
  ])
  expect(await stand.progress(stand.changesTopic)).toEqual([{ partition: 0, nextOffset: 4, archived: 2, restated: 0, rejected: 0 }])
})

test('what can\'t be read, or is no JSON, is in `rejected`, and the rest goes on', async () => {
  await stand.send(0, [{ key: 'x', value: Buffer.from('junk') }], stand.changesTopic)
  await stand.send(0, [{ key: 'x', value: stand.story(sampleEvent({ eventId: 'stray', atMs: Date.now() })) }], stand.changesTopic)
  const base = await send(change('c-3'), change('c-4', { after: 'no json' }), change('c-5', { who: 'nul\u0000', atMs: 9e15 }))
  expect((await archived()).map(row => [row.change_id, row.who])).toEqual([['c-1', 'ada'], ['c-3', 'ada'], ['c-2', 'ada'], ['c-5', 'nul\uFFFD']])
  const { rows } = await stand.database.query(`SELECT record_offset::int, reason FROM ${stand.schema}.rejected WHERE topic = $1 ORDER BY record_offset`, [stand.changesTopic])
  expect(rows).toEqual([{ record_offset: 4, reason: 'GARBAGE' }, { record_offset: 5, reason: 'WRONG_RECORD' }, { record_offset: base + 1, reason: 'STORE_REFUSED' }])
  expect(await stand.eventIds()).not.toContain('stray')
})

test('reading both topics again from their beginning changes nothing', async () => {
  const [events, changes] = [await stand.eventIds(), await archived()]
  await stand.drain(first)
  await stand.database.query(`UPDATE ${stand.schema}.progress SET next_offset = 0`)
  const second = await stand.startArchiver()
  await stand.archived()
  expect(await archived()).toEqual(changes)
  expect(await stand.eventIds()).toEqual(events)
  const metrics = await (await fetch(`http://127.0.0.1:${second.healthPort}/metrics`)).text()
  for (const topic of [stand.topic, stand.changesTopic]) expect(metrics).toContain(`mesh_archiver_lag_records{topic="${topic}",partition="0",process="archiver"} 0`)
  expect(metrics).toContain('mesh_archiver_changes_total{process="archiver"} 0')
})
