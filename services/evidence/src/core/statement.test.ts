import { describe, expect, test } from '@jest/globals'
import { canonicalJson, type Json } from './canonical.ts'
import { headsFrom, headsStatement, ingressDayFrom, ingressDayPrefix, ingressDayStatement, instantOf, isCount, originFrom, originStatement } from './statement.ts'

const atMs = Date.UTC(2026, 10, 21, 10)
const root = Buffer.alloc(32, 7).toString('latin1')
const heads = { atMs, heads: [{ log: 0, size: 3, root }, { log: 2, size: 0, root }] }
const origin = { atMs, unsealedEvents: 4, unsealedBeforeMs: atMs + 1 }
const field = (statement: Json, changes: Record<string, Json>): Json => ({ ...statement as Record<string, Json>, ...changes })

describe('heads', () => {
  test('are written in the order of their logs, and read as they were', () => {
    const statement = headsStatement({ atMs, heads: heads.heads.toReversed() })
    expect(statement).toEqual({
      format: 'mesh.audit-log.v1', kind: 'heads', at: '2026-11-21T10:00:00.000Z',
      heads: [{ log: 0, size: 3, root: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=' }, { log: 2, size: 0, root: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=' }]
    })
    expect(headsFrom(statement)).toEqual(heads)
  })

  const statement = headsStatement(heads)
  test.each<[string, Json]>([
    ['another kind', field(statement, { kind: 'origin' })], ['another format', field(statement, { format: 'v2' })], ['no time', field(statement, { at: 'now' })], ['no list', field(statement, { heads: {} })],
    ['a log below zero', field(statement, { heads: [{ log: -1, size: 1, root: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=' }] })],
    ['half a leaf', field(statement, { heads: [{ log: 0, size: 1.5, root: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=' }] })],
    ['a short root', field(statement, { heads: [{ log: 0, size: 1, root: 'Bwc=' }] })], ['a root that is no text', field(statement, { heads: [{ log: 0, size: 1, root: 7 }] })],
    ['a head that is nothing', field(statement, { heads: [null] })], ['null', null], ['a list', []], ['a text', 'heads']
  ])('with %s are none', (_what, other) => expect(headsFrom(other)).toBeUndefined())
})

describe('the origin', () => {
  test('is read as it was written, with and without events before it', () => {
    expect(originStatement(origin)).toEqual({ format: 'mesh.audit-log.v1', kind: 'origin', at: '2026-11-21T10:00:00.000Z', unsealedEvents: 4, unsealedBefore: '2026-11-21T10:00:00.001Z' })
    expect(originFrom(originStatement(origin))).toEqual(origin)
    const none = { atMs, unsealedEvents: 0, unsealedBeforeMs: null }
    expect(originFrom(originStatement(none))).toEqual(none)
  })

  const statement = originStatement(origin)
  test.each<[string, Json]>([
    ['another kind', field(statement, { kind: 'heads' })], ['no time', field(statement, { at: 7 })], ['no bound', field(statement, { unsealedBefore: 'once' })], ['half an event', field(statement, { unsealedEvents: 0.5 })],
    ['fewer than no events', field(statement, { unsealedEvents: -1 })]
  ])('with %s is none', (_what, other) => expect(originFrom(other)).toBeUndefined())
})

describe('the positions of a day', () => {
  const positions = (partition: number) => ({ topic: 'mesh.dispatch.p1', partition, firstOffset: 4, lastOffset: 9, records: 5, digest: 'ab'.repeat(32) })
  const day = { day: '2026-11-21', partitions: [positions(0), positions(1), { ...positions(0), topic: 'mesh.dispatch.p2' }] }
  const statement = ingressDayStatement({ ...day, partitions: day.partitions.toReversed() })

  test('are written in the order of their partitions, and read as they were', () => expect(ingressDayFrom(statement)).toEqual(day))
  test('are found by how their text begins, and nothing else is', () => {
    expect(canonicalJson(statement).startsWith(ingressDayPrefix('2026-11-21'))).toBe(true)
    for (const other of [headsStatement(heads), originStatement(origin)]) expect(canonicalJson(other).startsWith('{"day":')).toBe(false)
  })
  test.each<[string, Json]>([
    ['another kind', field(statement, { kind: 'heads' })], ['no day', field(statement, { day: 7 })], ['no list', field(statement, { partitions: 'all' })],
    ['half a record', field(statement, { partitions: [{ ...positions(0), records: 0.5 }] })], ['no topic', field(statement, { partitions: [{ ...positions(0), topic: 1 }] })],
    ['no digest', field(statement, { partitions: [{ ...positions(0), digest: null }] })], ['a partition that is nothing', field(statement, { partitions: [null] })],
    ['an offset below zero', field(statement, { partitions: [{ ...positions(0), firstOffset: -1 }] })], ['no end', field(statement, { partitions: [{ ...positions(0), lastOffset: '9' }] })],
    ['a partition without a number', field(statement, { partitions: [{ ...positions(0), partition: '0' }] })]
  ])('with %s are none', (_what, other) => expect(ingressDayFrom(other)).toBeUndefined())
})

test('a time has one form', () => {
  expect(instantOf('2026-11-21T10:00:00.000Z')).toBe(atMs)
  for (const other of ['2026-11-21T10:00:00Z', '2026-11-21', '2026-11-21T11:00:00.000+01:00', 'infinity', '', 7, null, undefined]) expect(instantOf(other)).toBeUndefined()
})

test('a count is a whole number from zero to 2^53', () =>
  expect([0, 1, 2 ** 53 - 1, 2 ** 53, -1, 0.5, '1', null, undefined].map(isCount)).toEqual([true, true, true, false, false, false, false, false, false]))
