import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LocalShares } from './local-share.ts'
import type { SlotRequest } from './slots.ts'

const limits = { quotaId: 'role/bot', ratePerS: 100, burst: 100, outstandingMax: 100 }
const requests = (first: number, count: number, isUrgent = false): SlotRequest[] =>
  Array.from({ length: count }, (_, i) => ({ lane: 1, offset: first + i, source: 'a', isUrgent, limits, delayMsMax: 0 }))

test('all tasks together let through the rate, and one more each', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }), (taskCount, looksPerS) => {
    const shares = new LocalShares(taskCount)
    let count = 0
    for (let look = 0; look < 2 * looksPerS; look++) {
      for (let task = 0; task < taskCount; task++) {
        const answers = shares.reserve(task, 1, requests(look * 10, 10), look * 1e6 / looksPerS)
        if (answers !== 'fenced') count += answers.filter(({ outcome }) => outcome === 'granted').length
      }
    }
    expect(count).toBeLessThanOrEqual(200 + taskCount)
    expect(count).toBeGreaterThan(0)
  }), { numRuns: 30 })
})

test('its answers say that they are of a share, and tell no episode', () => {
  const answers = new LocalShares(4).reserve(0, 1, requests(0, 2).map(request => ({ ...request, delayMsMax: null })), 0)
  expect(answers).toMatchObject([{ delayMs: 0, isLocal: true }, { delayMs: 40, episode: null, isLocal: true }])
})

test('an earlier owner is told so', () => {
  const shares = new LocalShares(4)
  shares.reserve(0, 2, requests(0, 1), 0)
  expect(shares.reserve(0, 1, requests(0, 1), 0)).toBe('fenced')
})
