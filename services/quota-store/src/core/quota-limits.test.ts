import { expect, test } from '@jest/globals'
import type { Quota } from '@mesh/schemas'
import { defaultQuotas, quotaFor } from './quota-limits.ts'

const quota = (quotaId: string, ratePerS: number): [string, Quota] =>
  [quotaId, { quotaId, ratePerS, burst: 5, outstandingMax: 50, changedBy: 'someone', changedAtMs: 0 }]

test('an agent\'s own quota goes before its role\'s, and that before the built-in one', () => {
  const quotas = new Map([quota('agent/a', 7), quota('role/bot', 8)])
  expect([quotaFor('a', 'bot', quotas), quotaFor('b', 'bot', quotas), quotaFor('c', 'analytics', quotas)].map(({ quotaId, ratePerS }) => [quotaId, ratePerS]))
    .toEqual([['agent/a', 7], ['role/bot', 8], ['role/analytics', 50]])
})

test('the built-in quotas: rates by role, a second\'s worth at once, 100,000 that may wait', () => {
  expect(defaultQuotas).toEqual([['bot', 100], ['orchestrator', 200], ['analytics', 50], ['crm_sync', 10]].map(([role, ratePerS]) =>
    ({ quotaId: `role/${role}`, ratePerS, burst: ratePerS, outstandingMax: 100_000 })))
})

test('a role that nobody knows gets the least', () => expect(quotaFor('a', 'new', new Map())).toMatchObject({ quotaId: 'role/new', ratePerS: 10, burst: 10 }))
