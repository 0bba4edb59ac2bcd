import { describe, expect, test } from '@jest/globals'
import { plainPaint } from './paint.ts'
import { quotaHeadings, quotaLines, quotaRows, roleSummary, type ListedQuota, type QuotaFacts, type SourceUse } from './quota-rows.ts'

const nowMs = Date.UTC(2030, 0, 2, 3, 4, 5)
const quota = (quotaId: string, ratePerS: number, from = 'built-in'): ListedQuota =>
  ({ quotaId, ratePerS, burst: ratePerS, outstandingMax: 100_000, from, changedBy: from === 'record' ? 'ada' : null, changedAtMs: null })
const use = (source: string, facts: Partial<SourceUse> = {}): SourceUse =>
  ({ source, usedRecords: 0, backlogRecords: 0, clearsInMs: 0, hasEpisode: false, ...facts })
const facts = (changes: Partial<QuotaFacts> = {}): QuotaFacts => ({
  quotas: [quota('role/bot', 100), quota('role/crm_sync', 10), quota('agent/memory', 7, 'record')],
  agents: [{ name: 'memory', role: 'bot' }, { name: 'sync', role: 'crm_sync' }, { name: 'quiet', role: 'bot' }], usage: { sources: [] }, nowMs, ...changes
})
const rows = (changes: Partial<QuotaFacts>) => quotaRows(quotaLines(facts(changes)), nowMs, plainPaint)

describe('the rows of quotas', () => {
  test('are the sources with a quota of their own or that sent lately, each with the quota that holds', () =>
    expect(rows({ usage: { sources: [use('sync', { usedRecords: 3 })] } })).toEqual([
      ['memory', 'agent/memory', '7', '7', '0', '0', ''], ['sync', 'role/crm_sync', '10', '10', '3', '0', '']
    ]))

  test('say when a backlog is gone, with the day if that is not soon', () => {
    const slow = (clearsInMs: number) => rows({ usage: { sources: [use('sync', { usedRecords: 10, backlogRecords: 190, clearsInMs, hasEpisode: true })] } })[1]
    expect(slow(19_000)).toEqual(['sync', 'role/crm_sync', '10', '10', '10', '190', '03:04:24'])
    expect(slow(86_400_000)!.at(-1)).toBe('2030-01-03T03:04')
  })

  test('of a source that is no agent any more say that its quota is unknown', () =>
    expect(rows({ usage: { sources: [use('gone', { usedRecords: 1 })] } })[0]).toEqual(['gone', 'unknown', '', '', '1', '0', '']))

  test('don\'t take a Redis that is away for one in which nothing is used', () => {
    expect(rows({ usage: { problem: 'away' } })).toEqual([['memory', 'agent/memory', '7', '7', 'unknown', 'unknown', 'unknown']])
    expect(quotaLines(facts({ usage: { problem: 'away' } }))[0]).toMatchObject({ usedRecords: null, backlogRecords: null, clearsAt: null, isSlowedDown: null })
  })

  test('have a cell for each heading', () => expect(rows({})[0]).toHaveLength(quotaHeadings.length))
})

test('the roles\' quotas are summed up, with who set them', () =>
  expect(roleSummary([quota('role/bot', 100), quota('role/crm_sync', 0.5, 'record'), quota('agent/memory', 7, 'record')])).toBe('By role: bot 100/s, crm_sync 0.5/s (set by ada).'))
