import { expect, test } from '@jest/globals'
import { type HealthFacts, healthOf } from './health.ts'

const fine: HealthFacts = { instances: 2, offers: true, waitingRecords: 0, oldestAgeMs: 0, stoodStillMs: 60_000, slaP95Ms: 200, was: 'healthy' }
const health = (changes: Partial<HealthFacts>) => healthOf({ ...fine, ...changes })

test('nothing waits: healthy, however long nothing moved', () => expect(health({})).toBe('healthy'))
test('nobody there: absent, whatever waits; not known is not nobody', () => expect([health({ instances: 0, waitingRecords: 9 }), health({ instances: undefined })]).toEqual(['absent', 'unknown']))
test('who offers nothing reads no inbox: whether it is there can\'t be seen', () =>
  expect([health({ instances: 0, offers: false }), health({ instances: 0, offers: false, waitingRecords: 1 }), health({ offers: false })]).toEqual(['unknown', 'absent', 'healthy']))
test('what waits for long while nothing moves is stalled', () => expect(health({ waitingRecords: 1, oldestAgeMs: 5_001, stoodStillMs: 5_001 })).toBe('stalled'))
test('not before the limit, nor while anything moves', () =>
  expect([health({ waitingRecords: 1, oldestAgeMs: 5_000 }), health({ waitingRecords: 1, oldestAgeMs: 9_000, stoodStillMs: 5_000 })]).toEqual(['healthy', 'healthy']))
test('a slow promise has its time: three times it', () =>
  expect([health({ waitingRecords: 1, oldestAgeMs: 29_000, slaP95Ms: 10_000 }), health({ waitingRecords: 1, oldestAgeMs: 30_001, slaP95Ms: 10_000 })]).toEqual(['healthy', 'stalled']))
test('a governor that begins goes on with what was said, until something moves', () => {
  const waiting = { waitingRecords: 1, oldestAgeMs: 9_000, was: 'stalled' as const }
  expect([health({ ...waiting, stoodStillMs: 100 }), health({ ...waiting, stoodStillMs: 0 })]).toEqual(['stalled', 'healthy'])
})
