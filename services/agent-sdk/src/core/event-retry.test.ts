import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { waitBeforeAgain } from './event-retry.ts'

const policy = { attemptsMax: 3, backoffMs: 100, backoffMsMax: 1_000, codes: [] as string[] }
const error = { code: 'MAIL_DOWN', message: 'no mail', retriable: true }

describe('an event that failed', () => {
  test('is tried again after half to all of a wait that doubles', () => {
    expect([waitBeforeAgain(policy, error, 1, Infinity, 0), waitBeforeAgain(policy, error, 1, Infinity, 0.999)]).toEqual([50, 100])
    expect(waitBeforeAgain(policy, error, 2, Infinity, 0)).toBe(100)
  })

  test('without a policy is not tried again', () => expect(waitBeforeAgain(undefined, error, 1, Infinity, 0)).toBeUndefined())

  test('is given up after the last attempt, and where its error says that it won\'t help', () => {
    expect(waitBeforeAgain(policy, error, 3, Infinity, 0)).toBeUndefined()
    expect(waitBeforeAgain(policy, { ...error, retriable: false }, 1, Infinity, 0)).toBeUndefined()
  })

  test('with listed codes is tried again for these alone, whatever the error says of itself', () => {
    const listed = { ...policy, codes: ['MAIL_DOWN'] }
    expect(waitBeforeAgain(listed, { ...error, retriable: false }, 1, Infinity, 0)).toBe(50)
    expect(waitBeforeAgain(listed, { ...error, code: 'OTHER' }, 1, Infinity, 0)).toBeUndefined()
  })

  test('is not tried again when its deadline comes first', () => {
    expect(waitBeforeAgain(policy, error, 1, 50, 0)).toBeUndefined()
    expect(waitBeforeAgain(policy, error, 1, 51, 0)).toBe(50)
  })

  test('never waits longer than the bound', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const waitMs = waitBeforeAgain({ ...policy, attemptsMax: 200 }, error, attempt, Infinity, random)!
      expect(waitMs).toBeGreaterThanOrEqual(50)
      expect(waitMs).toBeLessThanOrEqual(policy.backoffMsMax)
    }))
  })
})
