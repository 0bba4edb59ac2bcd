import { expect, test } from '@jest/globals'
import { localCodec } from '@mesh/schemas'
import { archive, type AppendResult, type ArchivedSchema, type ArchivePorts, type RawRecord } from './pipeline.ts'
import type { Chunk } from './core/chunk.ts'
import { sampleEvent, sampleStory } from '../test/sample-events.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)
const codec = localCodec()
const storyBytes = (eventId: string) => codec.encode('AuditStory', sampleStory(sampleEvent({ eventId, atMs: nowMs })))
const record = (offset: number, value: Buffer | null, isClaim = false): RawRecord => ({ offset, value, isClaim })

function given (append: (chunk: Chunk) => AppendResult, schema: ArchivedSchema = 'AuditStory') {
  const stored: Chunk[] = []
  const ports: ArchivePorts = {
    schema, codec, nowMs: () => nowMs, refreshPause: async () => undefined, persist: attempt => attempt(),
    append: async chunk => append(chunk),
    onStored: chunk => stored.push(chunk)
  }
  return {
    stored,
    when: (...records: RawRecord[]) => archive({ topic: 't', partition: 0, startOffset: 0, nextOffset: records.length, records }, ports)
  }
}

test('stories, claims, tombstones and garbage in one run', async () => {
  const { stored, when } = given(() => ({ outcome: 'stored', insertedRows: 1 }))
  const wrongRecord = codec.encode('SignedDispatch', { body: Buffer.of(1), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
  const unknownId = Buffer.from([0, 0, 0, 99, 99, 1])
  await expect(when(record(0, storyBytes('a'), true), record(1, null), record(2, Buffer.from('garbage')), record(3, storyBytes('b')), record(4, wrongRecord), record(5, unknownId)))
    .resolves.toMatchObject({ outcome: 'stored' })
  expect(stored[0]?.events.map(event => event.eventId)).toEqual(['b'])
  expect(stored[0]?.rejections.map(({ offset, reason }) => [offset, reason])).toEqual([[2, 'GARBAGE'], [4, 'WRONG_RECORD'], [5, 'UNKNOWN_SCHEMA_ID']])
})

test('changes of control state go the same way; a story among them is foreign', async () => {
  const { stored, when } = given(() => ({ outcome: 'stored', insertedRows: 1 }), 'ControlChange')
  const change = { changeId: 'c', atMs: nowMs, who: 'ada', why: null, entity: 'quota/role/bot', before: null, after: '{}' }
  await when(record(0, codec.encode('ControlChange', change)), record(1, storyBytes('a')))
  expect(stored[0]).toMatchObject({ events: [], changes: [change], rejections: [{ offset: 1, reason: 'WRONG_RECORD' }] })
})

test('alerts go the same way', async () => {
  const { stored, when } = given(() => ({ outcome: 'stored', insertedRows: 1 }), 'Alert')
  const alert = { alertId: 'a', atMs: nowMs, kind: 'CIRCUIT_OPENED', agent: 'memory', version: null, message: 'it failed' }
  await when(record(0, codec.encode('Alert', alert)), record(1, Buffer.from('junk')))
  expect(stored[0]).toMatchObject({ events: [], changes: [], alerts: [alert], rejections: [{ offset: 1, reason: 'GARBAGE' }] })
})

test('one record that the database refuses is found and recorded, the others are stored', async () => {
  const { stored, when } = given(chunk => chunk.events.some(event => event.eventId === 'bad')
    ? { outcome: 'refused', detail: 'PostgreSQL error 22P02' }
    : { outcome: 'stored', insertedRows: chunk.events.length })
  await when(...['a', 'b', 'c', 'bad', 'd', 'e', 'f'].map((id, offset) => record(offset, storyBytes(id))))
  expect(stored.flatMap(chunk => chunk.events.map(event => event.eventId))).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  expect(stored.flatMap(chunk => chunk.rejections)).toEqual([{ offset: 3, reason: 'STORE_REFUSED', detail: 'PostgreSQL error 22P02' }])
  expect(stored.map(chunk => chunk.startOffset).slice(1)).toEqual(stored.map(chunk => chunk.nextOffset).slice(0, -1))
})

test('a run whose progress was moved by another ends there', async () => {
  const { stored, when } = given(() => ({ outcome: 'moved', nextOffset: 7 }))
  await expect(when(record(0, storyBytes('a')))).resolves.toEqual({ outcome: 'moved', nextOffset: 7 })
  expect(stored).toEqual([])
})
