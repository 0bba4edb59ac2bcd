import { expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import { archivedForm, infinityMs, instantOf } from './archived-form.ts'

const event = { eventId: 'e', atMs: 5, appendedAtMs: 4, issuedAtMs: null, deadlineAtMs: 9, dueAtMs: null, circuit: null, source: 'a', usage: null } as unknown as AuditEvent

test('an event as it should be is the same object', () => expect(archivedForm(event)).toBe(event))

test('what PostgreSQL can\'t hold is changed as there, and again changes nothing', () => {
  const odd = { ...event, source: 'a\u0000b', issuedAtMs: 9e15, deadlineAtMs: -1, usage: { model: '\u0000', inputTokens: 1, outputTokens: 0, costMicros: 0 } } as AuditEvent
  const archived = archivedForm(odd)
  expect(archived).toMatchObject({ source: 'a\uFFFDb', issuedAtMs: infinityMs, deadlineAtMs: -infinityMs, usage: { model: '\uFFFD', inputTokens: 1 } })
  expect(archivedForm(archived)).toEqual(archived)
})

test('PostgreSQL\'s infinity is the last instant there is', () => expect([instantOf(Infinity), instantOf(-Infinity), instantOf(new Date(7))]).toEqual([infinityMs, -infinityMs, 7]))
