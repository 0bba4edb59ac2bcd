import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Alert } from '@mesh/schemas'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'

let stand: AuditStand
let first: RunningArchiver
beforeAll(async () => { stand = await AuditStand.open(1) })
afterAll(() => stand.close())

const dayMs = 24 * 60 * 60 * 1_000
const alert = (alertId: string, changes: Partial<Alert> = {}): Alert =>
  ({ alertId, atMs: Date.now(), kind: 'CIRCUIT_OPENED', agent: 'memory', version: '1.0.0', message: 'errors 12 of 40 calls', ...changes })
const send = (...alerts: Alert[]) => stand.send(0, alerts.map(one => ({ key: one.alertId, value: stand.codec.encode('Alert', one) })), stand.alertsTopic)
const archived = async () => {
  await stand.archived(undefined, stand.alertsTopic)
  return (await stand.database.query(`SELECT * FROM ${stand.schema}.alerts ORDER BY alert_id`)).rows
}

test('an archive of the version before keeps its rows and takes what came with failure handling', async () => {
  const { schema, database } = stand
  await stand.migrateWithOldRow(2)

  first = await stand.startArchiver()
  const atMs = Date.now()
  const circuit = { state: 'half_open', episode: 'e-1', sinceMs: atMs - 9, isProbe: true }
  const delivered = sampleEvent({ eventId: 'a', atMs, circuit, idempotencyKey: 'k', idleTimeoutMs: 500 })
  const retried = sampleEvent({ eventId: 'b', atMs: atMs + 1, decision: 'retried', reason: 'ATTEMPT_FAILED', handlerMs: 17, circuit, dueAtMs: atMs + 90, attempt: 1 })
  const instead = sampleEvent({ eventId: 'c', atMs: atMs + 2, outcome: 'circuit_broken', reason: 'CIRCUIT_FALLBACK', fallbackFor: 'valuer', circuit: { ...circuit, isProbe: false }, follows: 'd0' })
  await stand.send(0, [{ key: 'a', value: stand.story(delivered, retried) }, { key: 'c', value: stand.story(instead) }])
  await stand.archived()
  const { rows } = await database.query(`SELECT event_id, handler_ms::int, circuit_state, circuit_episode, circuit_since, circuit_is_probe, fallback_for,
    idempotency_key, idle_timeout_ms::int, follows FROM ${schema}.events ORDER BY event_id`)
  const ofCircuit = { circuit_state: 'half_open', circuit_episode: 'e-1', circuit_since: new Date(atMs - 9), circuit_is_probe: true }
  const none = { handler_ms: null, fallback_for: null, idempotency_key: null, idle_timeout_ms: null, follows: null }
  expect(rows).toEqual([
    { ...none, event_id: 'a', ...ofCircuit, idempotency_key: 'k', idle_timeout_ms: 500 },
    { ...none, event_id: 'b', ...ofCircuit, handler_ms: 17 },
    { ...none, event_id: 'c', ...ofCircuit, circuit_is_probe: false, fallback_for: 'valuer', follows: 'd0' },
    { ...none, event_id: 'old', circuit_state: null, circuit_episode: null, circuit_since: null, circuit_is_probe: null }
  ])
})

test('an alert is one row with every field, however often it is written', async () => {
  const opened = alert('a-1', { atMs: Date.UTC(2026, 10, 21, 12, 0, 0, 7) })
  const stalled = alert('a-2', { kind: 'AGENT_STALLED', version: null, message: 'nothing moves\u0000' })
  await send(opened, stalled, opened)
  await send(stalled)
  expect(await archived()).toEqual([
    { alert_id: 'a-1', at: new Date(opened.atMs), kind: 'CIRCUIT_OPENED', agent: 'memory', version: '1.0.0', message: 'errors 12 of 40 calls' },
    { alert_id: 'a-2', at: new Date(stalled.atMs), kind: 'AGENT_STALLED', agent: 'memory', version: null, message: 'nothing moves\uFFFD' }
  ])
  expect(await stand.progress(stand.alertsTopic)).toEqual([{ partition: 0, nextOffset: 4, archived: 2, restated: 0, rejected: 0 }])
})

test('thirty days of trips and recoveries can be asked, by agent', async () => {
  const at = (daysAgo: number) => Date.now() - daysAgo * dayMs
  const episode = (agent: string, daysAgo: number) => [
    alert(`${agent}/${daysAgo}/opened`, { agent, atMs: at(daysAgo) }), alert(`${agent}/${daysAgo}/closed`, { agent, kind: 'CIRCUIT_CLOSED', atMs: at(daysAgo) })
  ]
  await send(...[1, 20, 31].flatMap(daysAgo => episode('valuer', daysAgo)), ...episode('pricer', 2))
  await archived()
  const { rows } = await stand.database.query(`SELECT agent, kind, count(*)::int AS count FROM ${stand.schema}.alerts
    WHERE agent IN ('valuer', 'pricer') AND at > now() - interval '30 days' GROUP BY agent, kind ORDER BY agent, kind`)
  expect(rows).toEqual([
    { agent: 'pricer', kind: 'CIRCUIT_CLOSED', count: 1 }, { agent: 'pricer', kind: 'CIRCUIT_OPENED', count: 1 },
    { agent: 'valuer', kind: 'CIRCUIT_CLOSED', count: 2 }, { agent: 'valuer', kind: 'CIRCUIT_OPENED', count: 2 }
  ])
})

test('what can\'t be read is in `rejected`; reading again from the beginning changes nothing', async () => {
  await stand.send(0, [{ key: 'x', value: Buffer.from('junk') }], stand.alertsTopic)
  const rows = await archived()
  const { rows: rejected } = await stand.database.query(`SELECT reason FROM ${stand.schema}.rejected WHERE topic = $1`, [stand.alertsTopic])
  expect(rejected).toEqual([{ reason: 'GARBAGE' }])
  await stand.drain(first)
  await stand.database.query(`UPDATE ${stand.schema}.progress SET next_offset = 0`)
  const second = await stand.startArchiver()
  expect(await archived()).toEqual(rows)
  expect(await (await fetch(`http://127.0.0.1:${second.healthPort}/metrics`)).text()).toContain('mesh_archiver_alerts_total{process="archiver"} 0')
})
