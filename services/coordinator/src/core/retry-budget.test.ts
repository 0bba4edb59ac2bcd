import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { callsPerRetry, inHandMax, RetryBudget } from './retry-budget.ts'

test('B1, B2: in any stretch of calls and retries, after any calm, no more than a tenth and what was in hand', () => {
  fc.assert(fc.property(fc.array(fc.record({ calls: fc.nat(200), wanted: fc.nat(50) }), { maxLength: 40 }), fc.nat(39), (steps, from) => {
    const budget = new RetryBudget()
    let calls = 0
    let retries = 0
    for (const [step, { calls: made, wanted }] of steps.entries()) {
      if (step === from) calls = retries = 0
      for (let n = 0; n < made; n++) budget.earn('looker')
      calls += made
      for (let n = 0; n < wanted && budget.left('looker') >= 1; n++) {
        budget.spend('looker')
        retries++
      }
      if (step >= from) expect(retries).toBeLessThanOrEqual(inHandMax + calls / callsPerRetry)
    }
  }))
})

test('every tenth call earns an attempt again once none is left', () => {
  const budget = new RetryBudget()
  for (let n = 0; n < inHandMax; n++) budget.spend('looker')
  for (let n = 0; n < callsPerRetry - 1; n++) budget.earn('looker')
  expect(budget.left('looker')).toBeLessThan(1)
  budget.earn('looker')
  expect([budget.left('looker'), budget.left('other')]).toEqual([1, inHandMax])
})

test('B3: of too many targets those not called for longest are forgotten', () => {
  const budget = new RetryBudget()
  for (let n = 0; n <= 10_000; n++) budget.spend(`t${n}`)
  expect([budget.left('t0'), budget.left('t1')]).toEqual([inHandMax, inHandMax - 1])
})
