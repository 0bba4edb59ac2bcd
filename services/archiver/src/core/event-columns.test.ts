import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { cellsOf, copyLine, eventColumns } from './event-columns.ts'
import { sampleEvent } from '../../test/sample-events.ts'

const atMs = Date.UTC(2026, 10, 21, 10, 11, 12, 13)
const cells = (changes: Parameters<typeof sampleEvent>[0]) => {
  const values = copyLine(cellsOf(sampleEvent(changes))).slice(0, -1).split('\t')
  return Object.fromEntries(eventColumns.map(({ name }, index) => [name, values[index]]))
}

test('the columns are those of the migrations, in their order', () => {
  const sql = (file: string) => readFileSync(new URL(`../../migrations/${file}.sql`, import.meta.url), 'utf8')
  const table = /CREATE TABLE events \(([^;]*?)\n {2}PRIMARY KEY/.exec(sql('0001_archive'))?.[1] ?? ''
  const added = ['0002_flow_control', '0003_failure_handling'].map(file => /ALTER TABLE events\n([^;]*ADD[^;]*);/.exec(sql(file))?.[1] ?? '').join('\n')
  const names = [...table.matchAll(/^ {2}(\w+)/gm), ...added.matchAll(/^ {2}ADD COLUMN (\w+)/gm)].map(match => match[1])
  expect(eventColumns.map(column => column.name)).toEqual(names)
})

test('an event becomes one line with a cell for each column', () =>
  expect(cells({ eventId: 'mesh.dispatch.p2/0/1', atMs })).toMatchObject({
    event_id: 'mesh.dispatch.p2/0/1', at: '2026-11-21T10:11:12.013Z', outcome: '\\N', hop: '0', issued_at: '2026-11-21T10:11:12.006Z', usage: '\\N', ingress_offset: '1'
  }))

test('usage is JSON', () =>
  expect(JSON.parse(cells({ eventId: 'e', atMs, usage: { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 } }).usage ?? ''))
    .toEqual({ model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 }))

test('a deferral has its time, its quota as JSON and the wait that was expected', () => {
  const quota = { quotaId: 'role/bot', ratePerS: 100, burst: 100, delayMs: 40, backlogRecords: 4, isLocal: false, episode: null }
  const deferred = cells({ eventId: 'e', atMs, decision: 'deferred', dueAtMs: atMs + 40, quota, expectedWaitMs: 7, claimedPriority: 0 })
  expect(deferred).toMatchObject({ decision: 'deferred', due_at: '2026-11-21T10:11:12.053Z', expected_wait_ms: '7', claimed_priority: '0' })
  expect(JSON.parse(deferred.quota ?? '')).toEqual(quota)
})

test('a decision about a circuit that is not closed says which, and for whom another stood in', () => {
  const circuit = { state: 'half_open', episode: 'e-1', sinceMs: atMs - 7, isProbe: true }
  expect(cells({ eventId: 'e', atMs, circuit, fallbackFor: 'valuer', handlerMs: 12, idempotencyKey: 'k', idleTimeoutMs: 500, follows: 'd-0' })).toMatchObject({
    circuit_state: 'half_open', circuit_episode: 'e-1', circuit_since: '2026-11-21T10:11:12.006Z', circuit_is_probe: 'true',
    fallback_for: 'valuer', handler_ms: '12', idempotency_key: 'k', idle_timeout_ms: '500', follows: 'd-0'
  })
  expect(cells({ eventId: 'e', atMs })).toMatchObject({ circuit_state: '\\N', circuit_since: '\\N', circuit_is_probe: '\\N', handler_ms: '\\N' })
})

test('what an agent claims can break neither line nor cell', () => {
  const line = copyLine(cellsOf(sampleEvent({ eventId: 'e', atMs, source: 'a\tb\nc\\d\r\u0000e' })))
  expect(line.split('\n')).toHaveLength(2)
  expect(line.split('\t')).toHaveLength(eventColumns.length)
  expect(line).toContain('a\\tb\\nc\\\\d\\r\uFFFDe')
})

test('an instant that no calendar holds is infinite', () => {
  expect(cells({ eventId: 'e', atMs, issuedAtMs: Number.MAX_SAFE_INTEGER }).issued_at).toBe('infinity')
  expect(cells({ eventId: 'e', atMs, issuedAtMs: -1 }).issued_at).toBe('-infinity')
})
