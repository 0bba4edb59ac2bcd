import { describe, expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import { coverageOf, inOrder, reachBehind, trustIn } from './coverage.ts'

const nowMs = 1_000_000
const fields = (changes: Record<string, string | undefined> = {}): Map<string, string> => {
  const all = { partitions: '2', since: '400000', hot: '900000', 'p:0': '10 1004000 0 run/0', 'p:1': '7 1004000 0 run/0', ...changes }
  return new Map(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
const trust = (changes: Record<string, string | undefined> = {}, redisId = 'run/0') => trustIn(coverageOf(fields(changes)), redisId, nowMs)
const untrusted = (why: string) => ({ isTrusted: false, why: expect.stringContaining(why) })

describe('the tier is believed', () => {
  test('when every partition is vouched for, since what it says it holds', () => expect(trust()).toEqual({ isTrusted: true, sinceMs: 400_000 }))
  test('for what is hot, however long it has held more', () => expect(trust({ since: '0' })).toEqual({ isTrusted: true, sinceMs: 100_000 }))
})

describe('the tier is not believed', () => {
  test('when it is empty', () => expect(trustIn(coverageOf(new Map()), 'run/0', nowMs)).toEqual(untrusted('empty')))
  test.each([['since'], ['partitions'], ['hot']])('when it does not say %s', name => expect(trust({ [name]: undefined })).toEqual(untrusted('empty')))
  test('when a partition never was in it', () => expect(trust({ 'p:1': undefined })).toEqual(untrusted('partition 1')))
  test('when a lease ran out at this instant', () => expect(trust({ 'p:1': '7 1000000 0 run/0' })).toEqual(untrusted('vouches for partition 1')))
  test('when there is a gap', () => expect(trust({ 'p:0': '10 1004000 1 run/0' })).toEqual(untrusted('gap')))
  test.each([['other/0'], ['run/1']])('when Redis is another one, or has thrown keys out (%s)', redisId => expect(trust({}, redisId)).toEqual(untrusted('Redis')))
  test.each([['junk'], [''], ['10 x 0 run/0']])('when a partition says %j', text => expect(trust({ 'p:0': text }).isTrusted).toBe(false))
})

const event = (changes: Partial<AuditEvent>): AuditEvent => ({ eventId: 'e', atMs: 20, appendedAtMs: 15, issuedAtMs: 12, ...changes } as AuditEvent)

test.each([[12, undefined], [13, 'began before']])('a dispatch that was made at 12 is whole since %d: %s', (sinceMs, why) =>
  expect(reachBehind([event({}), event({ issuedAtMs: null })], sinceMs)).toEqual(why === undefined ? undefined : expect.stringContaining(why)))

test('events are in the archive\'s order, each once', () =>
  expect(inOrder([event({ eventId: 'c' }), event({ eventId: 'b' }), event({ eventId: 'a', atMs: 30 }), event({ eventId: 'c', atMs: 1 })]).map(({ eventId }) => eventId)).toEqual(['b', 'c', 'a']))
