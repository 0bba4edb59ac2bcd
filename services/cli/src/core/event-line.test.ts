import { describe, expect, test } from '@jest/globals'
import { auditEvent } from './audit-event.fixture.ts'
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
