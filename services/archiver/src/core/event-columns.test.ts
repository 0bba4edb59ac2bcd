import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { copyLine, eventColumns } from './event-columns.ts'
import { sampleEvent } from '../../test/sample-events.ts'

const atMs = Date.UTC(2026, 10, 21, 10, 11, 12, 13)
const cells = (changes: Parameters<typeof sampleEvent>[0]) => {
  const values = copyLine(sampleEvent(changes)).slice(0, -1).split('\t')
  return Object.fromEntries(eventColumns.map(({ name }, index) => [name, values[index]]))
}

test('the columns are those of the migration, in its order', () => {
  const sql = readFileSync(new URL('../../migrations/0001_archive.sql', import.meta.url), 'utf8')
  const table = /CREATE TABLE events \(([^;]*?)\n {2}PRIMARY KEY/.exec(sql)?.[1] ?? ''
  expect(eventColumns.map(column => column.name)).toEqual([...table.matchAll(/^ {2}(\w+)/gm)].map(match => match[1]))
})

test('an event becomes one line with a cell for each column', () =>
  expect(cells({ eventId: 'mesh.dispatch.p2/0/1', atMs })).toMatchObject({
    event_id: 'mesh.dispatch.p2/0/1', at: '2026-11-21T10:11:12.013Z', outcome: '\\N', hop: '0', issued_at: '2026-11-21T10:11:12.006Z', usage: '\\N', ingress_offset: '1'
  }))

test('usage is JSON', () =>
  expect(JSON.parse(cells({ eventId: 'e', atMs, usage: { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 } }).usage ?? ''))
    .toEqual({ model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 }))

test('what an agent claims can break neither line nor cell', () => {
  const line = copyLine(sampleEvent({ eventId: 'e', atMs, source: 'a\tb\nc\\d\r\u0000e' }))
  expect(line.split('\n')).toHaveLength(2)
  expect(line.split('\t')).toHaveLength(eventColumns.length)
  expect(line).toContain('a\\tb\\nc\\\\d\\r\uFFFDe')
})

test('an instant that no calendar holds is infinite', () => {
  expect(cells({ eventId: 'e', atMs, issuedAtMs: Number.MAX_SAFE_INTEGER }).issued_at).toBe('infinity')
  expect(cells({ eventId: 'e', atMs, issuedAtMs: -1 }).issued_at).toBe('-infinity')
})
