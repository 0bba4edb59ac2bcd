import { expect, test } from '@jest/globals'
import type { Circuit } from '@mesh/schemas'
import { circuitHeadings, circuitLines, circuitRows, circuitSummary } from './circuit-rows.ts'
import { plainPaint } from './paint.ts'

const nowMs = Date.UTC(2030, 0, 2, 3, 4, 5)
const circuit = (agent: string, facts: Partial<Circuit> = {}): Circuit => ({
  agent, version: '1.0.0', state: 'closed', episode: '', sinceMs: nowMs - 60_000, atMs: nowMs, reason: null, admitShare: 1, probesMax: 0, calls: 0, errors: 0, p95Ms: null,
  slaP95Ms: 500, forcedBy: null, trips: 0, recoveries: 0, callsBlocked: 0, days: [], ...facts
})
const rows = (...circuits: Circuit[]) => circuitRows(circuitLines(circuits), nowMs, plainPaint)

test('each version is a row, with what was measured beside what was promised', () => {
  const tripped = circuit('memory', { state: 'open', episode: 'e-1', reason: 'ERROR_RATE', calls: 40, errors: 12, p95Ms: 61, trips: 3, recoveries: 2, callsBlocked: 17 })
  expect(rows(tripped, circuit('memory', { version: '0.9.0' }))).toEqual([
    ['memory', '0.9.0', 'closed', '03:03:05', '', '', '– / 500 ms', '0', '0', '0'],
    ['memory', '1.0.0', 'open', '03:03:05', 'ERROR_RATE', '30.0 % of 40', '61 ms / 500 ms', '3', '2', '17']
  ])
  expect(rows(tripped)[0]).toHaveLength(circuitHeadings.length)
})

test('what an operator holds says who; what grows says how far; what is old says which day', () => {
  const cells = (facts: Partial<Circuit>) => rows(circuit('memory', facts))[0]!.slice(2, 5)
  expect(cells({ state: 'closed', reason: 'FORCED', forcedBy: 'ada\u001b[31m' })).toEqual(['closed', '03:03:05', 'FORCED by ada\uFFFD[31m'])
  expect(cells({ state: 'slow_start', admitShare: 0.25, reason: 'HANDLER_P95' })).toEqual(['slow_start 25 %', '03:03:05', 'HANDLER_P95'])
  expect(cells({ state: 'half_open', sinceMs: Date.UTC(2029, 11, 31, 1, 2, 3) })).toEqual(['half_open', '2029-12-31T01:02', ''])
})

test('cut off is bad, on probation is unsure', () => {
  const paint = { ...plainPaint, good: (text: string) => `+${text}+`, unsure: (text: string) => `?${text}?`, bad: (text: string) => `!${text}!` }
  const shown = (state: Circuit['state']) => circuitRows(circuitLines([circuit('memory', { state })]), nowMs, paint)[0]![2]
  expect((['closed', 'open', 'half_open', 'slow_start'] as const).map(shown)).toEqual(['+closed+', '!open!', '?half_open?', '?slow_start 100 %?'])
})

test('the summary counts over all', () =>
  expect(circuitSummary(circuitLines([circuit('a', { trips: 2, recoveries: 1, callsBlocked: 5, state: 'open' }), circuit('b', { trips: 1, callsBlocked: 1 })])))
    .toBe('1 of 2 not closed. Over 30 days: 3 trips, 1 recoveries by itself, 6 calls blocked.'))
