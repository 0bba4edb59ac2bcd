import { expect, test } from '@jest/globals'
import { askedChange, quotaBody, statusBody, toAskedQuota } from './change-request.ts'

const problemsOf = (changes: Record<string, unknown>) =>
  quotaBody.safeParse({ ratePerS: 10, who: 'ada', ...changes }).error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`) ?? []

test('the smallest request is a rate and who asks', () => {
  const body = quotaBody.parse({ ratePerS: 0.5, who: 'ada' })
  expect([toAskedQuota(body), askedChange(body)]).toEqual([{ ratePerS: 0.5, burst: null, outstandingMax: null }, { who: 'ada', why: null }])
})

const says = 'must be a number of dispatches per second from 0.001 to 1,000,000'
test.each([
  ['NaN', Number.NaN], ['0', 0], ['negative', -1], ['infinite', Infinity], ['as null, which NaN is in JSON', null], ['a text', '10'], ['too high', 1_000_001], ['missing', undefined]
])('a rate that is %s is refused with the range', (_name, ratePerS) => expect(problemsOf({ ratePerS })).toEqual([`ratePerS: ${says}`]))

test.each([0, -1, 1.5, Number.NaN, null, 1_000_001])('a burst of %p is refused with the range', burst =>
  expect(problemsOf({ burst })).toEqual(['burst: must be a whole number from 1 to 1,000,000']))

test('nothing may have to wait, but not less', () => {
  expect(problemsOf({ outstandingMax: 0 })).toEqual([])
  expect(problemsOf({ outstandingMax: -1 })).toEqual(['outstandingMax: must be a whole number from 0 to 1,000,000'])
})

test('a misspelt field, or nobody who asks, is told', () => {
  expect(problemsOf({ rate: 1 })).toEqual([expect.stringContaining('rate')])
  expect(problemsOf({ who: '' })).toEqual(['who: must be 1 to 200 characters without control characters'])
  expect(statusBody.safeParse({ status: 'asleep', who: 'ada' }).error?.issues[0]?.path).toEqual(['status'])
})
