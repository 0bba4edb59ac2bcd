import { expect, test } from '@jest/globals'
import { circuitChangeLine, quotaChangeLine, statusChangeLine } from './change-line.ts'

const limits = { ratePerS: 20, burst: 5, outstandingMax: 100_000 }

test('a change says from what to what; none says so', () => {
  expect(quotaChangeLine('agent/memory', { isChanged: true, before: null, after: limits })).toBe('agent/memory: its role\'s quota → 20/s, burst 5, at most 100000 waiting')
  expect(quotaChangeLine('agent/memory', { isChanged: false, before: null, after: null })).toBe('agent/memory: its role\'s quota, as before; nothing was changed.')
  expect(statusChangeLine('memory', { isChanged: true, before: 'active', after: 'paused' })).toBe('memory: active → paused')
  expect(circuitChangeLine('memory', { isChanged: true, before: null, after: 'open' })).toBe('memory: as measured → held open')
})
