import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chunkOf, halves, rowCountOf, type ReadRecord, type Run } from './chunk.ts'
import { dayMs } from './days.ts'
import { sampleEvent, sampleStory } from '../../test/sample-events.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)
const event = (eventId: string, atMs = nowMs, changes = {}) => sampleEvent({ eventId, atMs, ...changes })
const story = (offset: number, ...events: ReturnType<typeof event>[]): ReadRecord => ({ offset, kind: 'story', story: sampleStory(...events) })
const run = (...records: ReadRecord[]): Run => ({ topic: 'mesh.audit', partition: 1, startOffset: 0, nextOffset: (records.at(-1)?.offset ?? -1) + 1, records })
const ids = (records: ReadRecord[]) => chunkOf(run(...records), nowMs).events.map(kept => kept.eventId)

describe('a chunk', () => {
  test('holds each event of all stories once, earlier ones of a story too', () =>
    expect(ids([story(0, event('a')), story(1, event('a'), event('b')), story(2, event('c'), event('d'))])).toEqual(['a', 'b', 'c', 'd']))

  test('is in the order of the topic, however it is cut', () => {
    const records = [story(0, event('z')), story(1, event('b', nowMs - 9)), story(2, event('z'), event('a')), story(3, event('b', nowMs - 9), event('c', nowMs - 8))]
    expect(ids(records)).toEqual(['z', 'b', 'a', 'c'])
    expect([...new Set([...ids(records.slice(0, 2)), ...ids(records.slice(2))])]).toEqual(['z', 'b', 'a', 'c'])
  })

  test('counts restated events for which a record was written and keeps none of them', () => {
    const restated = event('r', nowMs, { decision: 'restated' })
    const chunk = chunkOf(run(story(0, event('a'), restated), story(1, event('a'), restated, event('b'))), nowMs)
    expect(chunk.events.map(kept => kept.eventId)).toEqual(['a', 'b'])
    expect(chunk.restatedEvents).toBe(1)
  })

  test('keeps positions of what it could not read, and passes over claims and tombstones', () =>
    expect(chunkOf(run({ offset: 0, kind: 'skipped' }, { offset: 4, kind: 'rejected', reason: 'GARBAGE', detail: 'no' }, story(9)), nowMs)).toMatchObject({
      startOffset: 0, nextOffset: 10, events: [], rejections: [{ offset: 4, reason: 'GARBAGE', detail: 'no' }, { offset: 9, reason: 'EMPTY_STORY', detail: '' }]
    }))

  test('holds what was deferred, released and cleared like any other event', () => {
    const decisions = ['deferred', 'released', 'cleared'] as const
    const chunk = chunkOf(run(story(0, ...decisions.map(decision => event(decision, nowMs, { decision })))), nowMs)
    expect(chunk.events.map(({ decision }) => decision).sort()).toEqual([...decisions].sort())
    expect(chunk.restatedEvents).toBe(0)
  })

  test('holds a change once, however often it was written', () => {
    const change = (offset: number, changeId: string): ReadRecord =>
      ({ offset, kind: 'change', change: { changeId, atMs: nowMs, who: 'ada', why: null, entity: 'quota/role/bot', before: null, after: '1' } })
    expect(chunkOf(run(change(0, 'a'), change(1, 'b'), change(2, 'a')), nowMs).changes.map(({ changeId }) => changeId)).toEqual(['a', 'b'])
  })

  test('holds an alert once, however often it was written', () => {
    const alert = (offset: number, alertId: string): ReadRecord =>
      ({ offset, kind: 'alert', alert: { alertId, atMs: nowMs, kind: 'CIRCUIT_OPENED', agent: 'memory', version: '1.0.0', message: 'it failed' } })
    const chunk = chunkOf(run(alert(0, 'a'), alert(1, 'b'), alert(2, 'a')), nowMs)
    expect(chunk.alerts.map(({ alertId }) => alertId)).toEqual(['a', 'b'])
    expect(rowCountOf(chunk)).toBe(2)
  })

  test('holds attempts, cancels and dead letters like any other event', () => {
    const decisions = ['retried', 'redelivered', 'progressed', 'cancelled', 'dead_lettered'] as const
    expect(ids([story(0, ...decisions.map(decision => event(decision, nowMs, { decision })))])).toEqual(decisions)
  })

  test('rejects an event with a wild clock and keeps the rest of its story', () => {
    const chunk = chunkOf(run(story(3, event('a'), event('far', nowMs + 4 * dayMs))), nowMs)
    expect(chunk.events.map(kept => kept.eventId)).toEqual(['a'])
    expect(chunk.rejections).toEqual([{ offset: 3, reason: 'DATE_OUT_OF_BOUNDS', detail: `${nowMs + 4 * dayMs} ms` }])
  })
})

test('two halves say together what the whole says, and meet', () =>
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 30 }), gaps => {
    let offset = 0
    const whole = run(...gaps.map(gap => story(offset += gap, event(`e${offset}`))))
    const [first, second] = halves(whole)
    expect(first.nextOffset).toBe(second.startOffset)
    expect([first.startOffset, second.nextOffset]).toEqual([whole.startOffset, whole.nextOffset])
    expect([...first.records, ...second.records]).toEqual(whole.records)
    expect(first.records.every(record => record.offset < first.nextOffset)).toBe(true)
    expect(first.records.length).toBeLessThan(whole.records.length)
    expect(second.records.length).toBeLessThan(whole.records.length)
  })))
