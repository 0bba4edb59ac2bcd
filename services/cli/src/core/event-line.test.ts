import { describe, expect, test } from '@jest/globals'
import { atMs, auditEvent } from './audit-event.fixture.ts'
import { eventLine, isWanted } from './event-line.ts'
import { plainPaint } from './paint.ts'

describe('the line of an audit event', () => {
  test('says when, what, who asked whom for what, how long it took, and the id', () => {
    expect(eventLine(auditEvent({}), plainPaint)).toBe('03:04:05.678  delivered  waiting   asker → worker  work  request P1  4 ms  d-1')
  })

  test('has the reason of a refusal, and the place of a record without an id', () => {
    const garbage = auditEvent({ decision: 'refused', outcome: 'refused', reason: 'GARBAGE', dispatchId: null, source: null, target: null, capability: null, type: null })
    expect(eventLine(garbage, plainPaint)).toBe('03:04:05.678  refused    refused GARBAGE  – → –  –  – P1  4 ms  mesh.dispatch.p1/2/7')
  })

  test('says until when a dispatch is deferred and why, that it went on, and that a backlog is gone', () => {
    const line = (facts: Parameters<typeof auditEvent>[0]) => eventLine(auditEvent(facts), plainPaint)
    expect(line({ decision: 'deferred', reason: 'OVER_QUOTA', dueAtMs: atMs + 1_000 }))
      .toBe('03:04:05.678  deferred   until 03:04:06.678 OVER_QUOTA  asker → worker  work  request P1  4 ms  d-1')
    expect(line({ decision: 'released', dueAtMs: atMs })).toBe('03:04:05.678  released   waiting   asker → worker  work  request P1  4 ms  d-1')
    const cleared = { decision: 'cleared', dispatchId: null, target: null, capability: null, type: null, priority: null, latencyMs: 0, eventId: 'task/2/quota/asker/e-1' } as const
    expect(line({ ...cleared, ingress: { topic: '', partition: 2, offset: -1 } })).toBe('03:04:05.678  cleared    backlog gone  asker → –  –  – –  0 ms  task/2/quota/asker/e-1')
  })

  test('is coloured by outcome', () => {
    const paint = { ...plainPaint, good: (text: string) => `<${text}>` }
    expect(eventLine(auditEvent({ outcome: 'success' }), paint)).toContain('<success >')
  })
})

describe('of the events are wanted', () => {
  const mine = auditEvent({ source: 'memory' })
  test.each([
    ['all without a filter', {}, mine, true],
    ['not the restated ones', {}, auditEvent({ decision: 'restated' }), false],
    ['the restated ones for who asks', { decision: 'restated' }, auditEvent({ decision: 'restated' }), true],
    ['an agent\'s as source', { agent: 'memory' }, mine, true],
    ['an agent\'s as target', { agent: 'worker' }, mine, true],
    ['no other agent\'s', { agent: 'mem' }, mine, false],
    ['those of a decision only', { decision: 'refused' }, mine, false]
  ])('%s', (_name, filter, event, wanted) => {
    expect(isWanted(event, filter)).toBe(wanted)
  })
})
