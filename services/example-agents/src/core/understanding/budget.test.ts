import { expect, test } from '@jest/globals'
import { findBudget, withBudget } from './budget.ts'

test.each([
  ['under 2500 dollars', { budgetMax: 2500 }],
  ['$3,000', { budgetMax: 3000 }],
  ['2500/month', { budgetMax: 2500 }],
  ['my budget is about 2200', { budgetMax: 2200 }],
  ['between 2k and 3k a month', { budgetMin: 2000, budgetMax: 3000 }],
  ['$2 to 3k', { budgetMin: 2000, budgetMax: 3000 }],
  ['$2,500-3,000', { budgetMin: 2500, budgetMax: 3000 }],
  ['at least $2000', { budgetMin: 2000 }],
  ['no more than 2,000', { budgetMax: 2000 }],
  ['max 450K', { budgetMax: 450_000 }],
  ['1.2 million', { budgetMax: 1_200_000 }],
  ['3 to 4 bedrooms for 2000 dollars', { budgetMax: 2000 }],
  ['not 2000, at most 2500', { budgetMax: 2500 }]
])('%j can spend %j', (text, budget) => {
  expect(findBudget(text)).toEqual(budget)
})

test.each([
  'March 14th at 9:30', 'call 408-265-4808', 'my phone is 5105551234', '2 bedrooms and 3 baths', 'up to 3 bedrooms', '888 Kiely Boulevard', '500 m from work', '$99999999999'
])('%j speaks of no money', text => {
  expect(findBudget(text)).toEqual({})
})

test('a new bound drops the old one that it contradicts, and keeps the rest', () => {
  expect(withBudget({ area: 'Napa', budgetMin: 2000, budgetMax: 3000 }, { budgetMax: 1500 })).toEqual({ area: 'Napa', budgetMax: 1500 })
  expect(withBudget({ budgetMin: 2000, budgetMax: 3000 }, { budgetMax: 2500 })).toEqual({ budgetMin: 2000, budgetMax: 2500 })
})
