import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { EventFilter } from './event-filter.ts'
import { aggregateSql, searchSql, type Page } from './event-sql.ts'

const range = { fromMs: 0, toMs: 1_000 }
const page: Page = { order: 'asc', rowsMax: 11 }
const sql = (filter: Partial<EventFilter>, scope: 'all' | ReadonlySet<string> = 'all', changes: Partial<Page> = {}) => searchSql('t', { ...range, ...filter }, scope, { ...page, ...changes })
const where = ({ text }: { text: string }) => /WHERE (.*?) ORDER BY/.exec(text)?.[1]

test('every value is a parameter, numbered as it stands in the list', () => {
  const { text, values } = sql({ source: ['a'], reason: ['x', 'y'], priority: [0], costMinMicros: 5 })
  expect(text).toMatch(/^SELECT event_id, at, .* FROM t WHERE at >= \$1::timestamptz AND at < \$2::timestamptz AND source = \$3 AND reason = ANY\(\$4\) AND priority = \$5 AND \(usage->>'costMicros'\)::bigint >= \$6 ORDER BY at ASC, event_id ASC LIMIT \$7$/)
  expect(values).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.000Z', 'a', ['x', 'y'], 0, 5, 11])
})

test('no text that a caller sends changes the statement', () => {
  const fields = ['agent', 'source', 'target', 'capability', 'type', 'decision', 'outcome', 'reason', 'workflow', 'dispatch'] as const
  const plain = Object.fromEntries(fields.map(field => [field, ['x']]))
  fc.assert(fc.property(fc.record(Object.fromEntries(fields.map(field => [field, fc.string().filter(text => text !== 'none').map(text => [text])]))), fc.string(), (filter, eventId) => {
    expect(sql(filter, 'all', { after: { atMs: 5, eventId } }).text).toBe(sql(plain, 'all', { after: { atMs: 5, eventId: 'e' } }).text)
  }))
})

test('an outcome of none is the absence of one', () => {
  expect(where(sql({ outcome: ['none'] }))).toContain('outcome IS NULL')
  expect(where(sql({ outcome: ['none', 'failure'] }))).toContain('(outcome IS NULL OR outcome = $3)')
})

describe('a page after a place', () => {
  const after = { atMs: 500, eventId: 'e' }

  test('begins at its time, so that days before it are not looked at, and goes on behind it', () => {
    const { text, values } = sql({}, 'all', { after })
    expect(where({ text })).toBe('at >= $1::timestamptz AND at < $2::timestamptz AND (at, event_id) > ($3::timestamptz, $4)')
    expect(values.slice(0, 2)).toEqual(['1970-01-01T00:00:00.500Z', '1970-01-01T00:00:01.000Z'])
  })

  test('ends with it where the newest come first', () => {
    const { text, values } = sql({}, 'all', { after, order: 'desc' })
    expect(where({ text })).toContain('(at, event_id) < (')
    expect(values.slice(0, 2)).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.501Z'])
    expect(text).toMatch(/ORDER BY at DESC, event_id DESC LIMIT \$5$/)
  })

  test('never reaches beyond the range, wherever the place is', () => {
    expect(sql({}, 'all', { after: { atMs: -5, eventId: 'e' } }).values[0]).toBe('1970-01-01T00:00:00.000Z')
    expect(sql({}, 'all', { after: { atMs: 9_000, eventId: 'e' }, order: 'desc' }).values[1]).toBe('1970-01-01T00:00:01.000Z')
  })
})

describe('either side', () => {
  test('is two ordered questions, the second without what the first has', () => {
    const { text } = sql({ agent: ['a'] })
    expect(text).toMatch(/^\(SELECT .* AND source = \$4 ORDER BY at ASC, event_id ASC LIMIT \$3\) UNION ALL \(SELECT .* AND target = \$5 AND \(source = \$4\) IS NOT TRUE ORDER BY .* LIMIT \$3\) ORDER BY at ASC, event_id ASC LIMIT \$3$/)
  })

  test('is what an owner\'s scope asks for, unless a filter keeps to it already', () => {
    const own = new Set(['a', 'b'])
    expect(sql({}, own).text).toContain('UNION ALL')
    expect(sql({}, own).values).toContainEqual(['a', 'b'])
    expect(sql({ source: ['a'] }, own).text).not.toContain('UNION ALL')
    expect(sql({ target: ['b'] }, own).text).not.toContain('UNION ALL')
    expect(sql({ source: ['a', 'c'] }, own).text).toContain('UNION ALL')
  })

  test('of an agent outside the scope, the other side must be in it', () => {
    const own = new Set(['a'])
    expect(where(sql({ agent: ['c'] }, own))).toContain('(source = $3 OR target = $4)')
    expect(where(sql({ agent: ['a'] }, own))).not.toContain(' OR ')
  })

  test('in aggregates is one condition, so that an event between two of them counts once', () => {
    const { text } = aggregateSql('t', { ...range, agent: ['a'] }, 'all', { bucket: 'hour', by: 'reason', groupsMax: 9 })
    expect(text).toMatch(/date_trunc\('hour', at, 'UTC'\) AS bucket, reason::text AS key[^]*AND \(source = \$3 OR target = \$4\) GROUP BY 1, 2 ORDER BY 1, 2 LIMIT \$5$/)
  })
})
