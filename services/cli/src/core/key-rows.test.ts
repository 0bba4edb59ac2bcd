import { describe, expect, test } from '@jest/globals'
import { keyLines, keyRows, type ListedKey, standingOf } from './key-rows.ts'
import { plainPaint } from './paint.ts'

const dayMs = 24 * 60 * 60 * 1_000
const now = Date.parse('2026-11-21T12:00:00Z')
const key: ListedKey = { keyId: 'k', agent: 'planner', notBeforeMs: now - dayMs, notAfterMs: now + 100 * dayMs, revokedAtMs: null, changedBy: 'team' }

describe('a key', () => {
  test.each([
    ['valid', {}], ['ending', { notAfterMs: now + dayMs }], ['expired', { notAfterMs: now }], ['not yet', { notBeforeMs: now + 1 }], ['revoked', { revokedAtMs: now, notAfterMs: now }]
  ])('is %s', (standing, change) => expect(standingOf({ ...key, ...change }, now)).toBe(standing))

  test('is a row with its days', () => {
    expect(keyRows(keyLines([key, { ...key, keyId: 'old\n', revokedAtMs: now }], now), plainPaint)).toEqual([
      ['planner', 'k', 'valid', '2026-11-20T12:00', '2027-03-01T12:00', 'team'],
      ['planner', expect.stringContaining('old'), 'revoked', '2026-11-20T12:00', 'revoked 2026-11-21T12:00', 'team']
    ])
  })
})
