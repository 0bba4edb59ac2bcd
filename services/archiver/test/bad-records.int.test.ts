import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { dayMs } from '../src/core/days.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

let stand: AuditStand
beforeAll(async () => {
  stand = await AuditStand.open(1)
  await stand.startArchiver()
})
afterAll(() => stand.close())

const event = (eventId: string, changes = {}) => sampleEvent({ eventId, atMs: Date.now(), ...changes })

test('garbage, claims, tombstones and foreign records: the partition goes on, and each is accounted for', async () => {
  const signed = stand.codec.encode('SignedDispatch', { body: Buffer.of(1), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
  const base = await stand.send(0, [
    { key: 'a', value: stand.story(event('first')) },
    { key: 'b', value: Buffer.from('garbage') },
    { key: 'claim', value: Buffer.from('claimed'), headers: { claim: 'owner' } },
    { key: 'a', value: null },
    { key: 'c', value: signed },
    { key: 'd', value: Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]) },
    { key: 'e', value: Buffer.alloc(0) },
    { key: 'n', value: stand.story() },
    { key: 'f', value: stand.story(event('wild', { atMs: Date.now() + 30 * dayMs }), event('sane')) },
    { key: 'g', value: stand.story(event('last')) }
  ])
  const [progress] = await stand.archived()
  expect(await stand.eventIds()).toEqual(['first', 'last', 'sane'])
  expect(await stand.rejected()).toEqual([
    [base + 1, 'GARBAGE'], [base + 4, 'WRONG_RECORD'], [base + 5, 'UNKNOWN_SCHEMA_ID'], [base + 6, 'GARBAGE'], [base + 7, 'EMPTY_STORY'], [base + 8, 'DATE_OUT_OF_BOUNDS']
  ])
  expect(progress).toMatchObject({ archived: 3, rejected: 6 })
})

test('what an aborted transaction wrote is no fact, what a committed one wrote is, and markers leave no lag', async () => {
  await stand.transaction(send => send(0, [{ key: 'h', value: stand.story(event('aborted')) }]), 'abort')
  await stand.transaction(send => send(0, [{ key: 'h', value: stand.story(event('committed')) }]), 'commit')
  await stand.archived()
  expect(await stand.eventIds()).toEqual(['committed', 'first', 'last', 'sane'])
})

test('a restated event is counted, not archived', async () => {
  const before = await stand.progress()
  await stand.send(0, [{ key: 'i', value: stand.story(event('told'), event('again', { decision: 'restated' })) }])
  const after = await stand.archived()
  expect(after[0]?.restated).toBe((before[0]?.restated ?? 0) + 1)
  expect(await stand.eventIds()).toContain('told')
  expect(await stand.eventIds()).not.toContain('again')
})

test('every field arrives as it was written, in the partition of its day', async () => {
  const atMs = Date.UTC(2026, 0, 31, 23, 59, 59, 999) > Date.now() - 300 * dayMs ? Date.UTC(2026, 0, 31, 23, 59, 59, 999) : Date.now() - 100 * dayMs
  const usage = { model: 'm', inputTokens: 10, outputTokens: 20, costMicros: 30 }
  const quota = { quotaId: 'agent/memory', ratePerS: 0.5, burst: 1, delayMs: 2_000, backlogRecords: 3, isLocal: true, episode: 'e-1' }
  const waiting = { claimedPriority: 0, dueAtMs: atMs + 2_000, quota, expectedWaitMs: 5_000 }
  await stand.send(0, [{ key: 'j', value: stand.story(event('full', { atMs, source: 'tab\there\u0000', usage, agentMs: 12, issuedAtMs: 9e15, priority: 0, ...waiting })) }])
  await stand.archived()
  const { rows } = await stand.database.query(`SELECT *, tableoid::regclass::text AS day FROM ${stand.schema}.events WHERE event_id = 'full'`)
  expect(rows).toEqual([expect.objectContaining({
    at: new Date(atMs), source: 'tab\there\uFFFD', usage, agent_ms: '12', issued_at: Infinity, priority: 0, hop: 0, ingress_offset: '1', parent_id: null,
    claimed_priority: 0, due_at: new Date(atMs + 2_000), quota, expected_wait_ms: '5000',
    day: `${stand.schema}.events_${new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '')}`
  })])
})

test('a record that the database itself refuses is found among the others', async () => {
  await stand.database.query(`ALTER TABLE ${stand.schema}.events ADD CONSTRAINT no_unlucky_event CHECK (event_id <> 'unlucky')`)
  const base = await stand.send(0, ['p', 'q', 'unlucky', 'r', 's'].map(id => ({ key: id, value: stand.story(event(id)) })))
  await stand.archived()
  expect(await stand.eventIds()).toEqual(expect.arrayContaining(['p', 'q', 'r', 's']))
  expect(await stand.rejected()).toContainEqual([base + 2, 'STORE_REFUSED'])
})

test('a day that somebody removed is made again when an event needs it', async () => {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  await stand.database.query(`DROP TABLE ${stand.schema}.events_${day}`)
  await stand.send(0, [{ key: 'k', value: stand.story(event('after')) }])
  await until(() => stand.eventIds(), ids => ids.includes('after'))
})
