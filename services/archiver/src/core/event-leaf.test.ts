import { describe, expect, test } from '@jest/globals'
import { canonicalJson, type Json } from '@mesh/evidence/log'
import fc from 'fast-check'
import { cellsOf, copyLine, eventColumns } from './event-columns.ts'
import { eventLeaf, eventLeafText } from './event-leaf.ts'
import { sampleEvent } from '../../test/sample-events.ts'

const atMs = Date.UTC(2026, 10, 21, 10, 11, 12, 13)
const sealed = (changes: Partial<Parameters<typeof sampleEvent>[0]>) => JSON.parse(eventLeafText(cellsOf(sampleEvent({ eventId: 'e', atMs, ...changes })))) as Record<string, Json>

describe('what is sealed of an event', () => {
  test('is each column that has a value, as canonical JSON', () => {
    const event = sampleEvent({ eventId: 'e', atMs })
    const text = eventLeafText(cellsOf(event))
    expect(text).toBe(canonicalJson(JSON.parse(text) as Json))
    const cells = copyLine(cellsOf(event)).slice(0, -1).split('\t')
    expect(Object.keys(JSON.parse(text) as object)).toEqual(eventColumns.map(({ name }) => name).filter((_, i) => cells[i] !== '\\N').sort())
  })

  test('has numbers, times and objects as the row has them', () => {
    const usage = { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 }
    const circuit = { state: 'half_open', episode: 'e-1', sinceMs: atMs - 7, isProbe: true }
    expect(sealed({ usage, circuit })).toMatchObject({ event_id: 'e', at: '2026-11-21T10:11:12.013Z', hop: 0, usage, circuit_is_probe: true, circuit_since: '2026-11-21T10:11:12.006Z' })
  })

  test('is what PostgreSQL keeps of a text: no NUL, and no half of a surrogate pair', () => {
    expect(sealed({ source: 'a\u0000b\ud800' }).source).toBe('a\uFFFDb\uFFFD')
    expect(sealed({ usage: { model: '\u0000\ud800', inputTokens: 0, outputTokens: 0, costMicros: 0 } }).usage).toMatchObject({ model: '\uFFFD\uFFFD' })
  })

  test('has a time that no calendar holds, and a number beyond 2^53, by name', () => {
    expect(sealed({ issuedAtMs: Number.MAX_SAFE_INTEGER, deadlineAtMs: -1, agentMs: 2 ** 60 })).toMatchObject({ issued_at: 'infinity', deadline_at: '-infinity', agent_ms: '1152921504606847000' })
  })

  test('property: is canonical, whatever an agent claims', () => fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (source, capability) => {
    const text = eventLeafText(cellsOf(sampleEvent({ eventId: 'e', atMs, source, capability })))
    expect(text).toBe(canonicalJson(JSON.parse(text) as Json))
  })))

  test('has a hash of its own for each value', () => {
    const hashes = [{}, { source: 'x' }, { hop: 1 }, { reason: '' }, { atMs: atMs + 1 }].map(changes => eventLeaf(cellsOf(sampleEvent({ eventId: 'e', atMs, ...changes }))))
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hashes.every(hash => hash.length === 32)).toBe(true)
  })
})
