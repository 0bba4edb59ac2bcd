import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { backoffMs, nextAttempt } from './retry.ts'

const policy = { attemptsMax: 4, backoffMs: 100, backoffMsMax: 1_000, codes: [] }
const failed = { dispatchId: 'd', target: 'looker', attempt: 1 }

test('property: the wait doubles up to its bound, and half to all of it is waited', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 10 }), (id, attempt) => {
    const fullMs = Math.min(1_000, 100 * 2 ** (attempt - 1))
    const waitMs = backoffMs(policy, id, attempt)
    expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2)
    expect(waitMs).toBeLessThanOrEqual(fullMs)
  }))
})

const circumstances: [string, { policy?: null, attempt?: number, retriable?: boolean, deadlineAtMs?: number, retriesLeft?: number }, string][] = [
  ['without a policy', { policy: null }, 'final'],
  ['after the last attempt', { attempt: 4 }, 'final'],
  ['for an error that says it is final', { retriable: false }, 'final'],
  ['past the deadline', { deadlineAtMs: 40 }, 'final'],
  ['without budget', { retriesLeft: 0.9 }, 'budget']
]
test.each(circumstances)('there is no next attempt %s', (_what, { policy: given = policy, attempt = 1, retriable = true, deadlineAtMs = 10_000, retriesLeft = 1 }, stop) => {
  expect(nextAttempt({ ...failed, attempt }, deadlineAtMs, given, { code: 'DOWN', retriable }, { retriesLeft: () => retriesLeft }, 0)).toEqual({ stop })
})

test('codes that are listed are tried again, whatever they say of themselves; others are not', () => {
  const listed = { ...policy, codes: ['DOWN'] }
  expect(nextAttempt(failed, 10_000, listed, { code: 'DOWN', retriable: false }, { retriesLeft: () => 1 }, 0)).toHaveProperty('dueAtMs')
  expect(nextAttempt(failed, 10_000, listed, { code: 'OTHER', retriable: true }, { retriesLeft: () => 1 }, 0)).toEqual({ stop: 'final' })
})
