import { expect, test } from '@jest/globals'
import { auditHeadings, auditRows, type AuditItem } from './audit-rows.ts'
import { plainPaint } from './paint.ts'

const event: AuditItem = {
  eventId: 'e', at: '2026-11-22T10:00:00.004Z', decision: 'refused', outcome: 'refused', reason: 'OVER_QUOTA', source: 'lead-bot', target: null, capability: 'remember', priority: 2,
  latencyMs: 4, dispatchId: 'd-1', workflowId: 'w-1'
}

test('an event is a row with a cell for each heading', () => {
  expect(auditRows([event], plainPaint)).toEqual([['2026-11-22T10:00:00.004Z', 'refused', 'lead-bot → –', 'remember', 'P2', '4 ms', 'refused OVER_QUOTA', 'd-1']])
  expect(auditRows([event], plainPaint)[0]).toHaveLength(auditHeadings.length)
})

test('what is not known is a dash, and no control character reaches the terminal', () => {
  const bare = { ...event, outcome: null, reason: null, priority: null, latencyMs: null, dispatchId: null, source: 'a\u001b[31m', capability: null }
  expect(auditRows([bare], plainPaint)).toEqual([['2026-11-22T10:00:00.004Z', 'refused', 'a\uFFFD[31m → –', '–', '–', '–', '–', '–']])
})
