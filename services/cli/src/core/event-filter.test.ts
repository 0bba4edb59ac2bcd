import { describe, expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import fc from 'fast-check'
import { auditEvent } from './audit-event.fixture.ts'
import { parseFilter } from './event-filter.ts'

const event: AuditEvent = { ...auditEvent({}), source: 'lead bot', decision: 'refused', reason: null, latencyMs: 40, priority: 2, agentMs: null }
const fits = (text: string): boolean => {
  const parsed = parseFilter(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.filter(event)
}
const problemOf = (text: string): string | undefined => {
  const parsed = parseFilter(text)
  return 'problem' in parsed ? parsed.problem : undefined
}

describe('a filter', () => {
  test.each([
    ['decision=refused', true], ['decision = delivered', false], ['decision!=delivered', true], ['source="lead bot"', true], ['source=\'lead bot\'', true],
    ['latencyMs>39', true], ['latencyMs>=40', true], ['latencyMs<40', false], ['latencyMs<=40', true], ['latencyMs=40.0', true],
    ['reason=null', true], ['reason!=null', false], ['decision!=null', true], ['reason="null"', false],
    ['agentMs>0', false], ['agentMs<=0', false], ['agentMs!=5', true]
  ])('%s', (text, expected) => expect(fits(text)).toBe(expected))

  test.each([
    ['decision=delivered and priority=2 or latencyMs=40', true], ['decision=delivered and (priority=2 or latencyMs=40)', false],
    ['decision=refused OR decision=delivered', true], ['((priority=2))', true], ['priority=2 and latencyMs=40 and decision=refused', true]
  ])('and binds before or, brackets before both: %s', (text, expected) => expect(fits(text)).toBe(expected))

  test.each([
    ['', 'ends where a field'], ['payload=1', 'is no field'], ['constructor=1', 'is no field'], ['priority', 'ends where a comparison'], ['priority=', 'ends where a value'],
    ['priority=high', 'is a number'], ['priority=""', 'is a number'], ['decision=refused reason=x', 'not expected'], ['(priority=2', 'closing bracket'], ['priority=2)', 'not expected'],
    ['reason<null', 'null can be compared'], ['decision ~ x', 'is no comparison'], ['source="open', 'nothing fits at character'], ['decision=(x)', 'is no value'],
    [`${'('.repeat(40)}priority=2${')'.repeat(40)}`, 'deep'], ['x'.repeat(2_001), 'characters']
  ])('%s is refused', (text, problem) => expect(problemOf(text)).toContain(problem))

  test('says the same of any event, whatever it compares', () => {
    const operators = { '=': (a: number, b: number) => a === b, '!=': (a: number, b: number) => a !== b, '<': (a: number, b: number) => a < b, '>=': (a: number, b: number) => a >= b }
    fc.assert(fc.property(fc.constantFrom('=', '!=', '<', '>=') as fc.Arbitrary<keyof typeof operators>, fc.nat(5), fc.nat(5), (operator, value, wanted) => {
      const parsed = parseFilter(`hop${operator}${wanted}`)
      expect('filter' in parsed && parsed.filter({ ...event, hop: value })).toBe(operators[operator](value, wanted))
    }))
  })

  test('whatever is typed is either understood or refused', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60 }), text => {
      expect(Object.keys(parseFilter(text))).toHaveLength(1)
    }))
  })
})
