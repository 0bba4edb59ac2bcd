import { expect, test } from '@jest/globals'
import { stallProblem } from './stall.ts'

const stalled = { queued: 3, running: 2, isFull: true, unchangedMs: 6_001 }

test('an instance whose handlers all hang while something waits says so', () =>
  expect(stallProblem(stalled, 2_000)).toBe('2 handlers run, 3 deliveries wait, and nothing has ended for 6 s'))

test.each([
  ['it moves', { unchangedMs: 6_000 }], ['nothing waits', { queued: 0 }], ['it may begin more', { isFull: false }], ['nothing runs', { running: 0 }]
])('it is well where %s', (_, change) => expect(stallProblem({ ...stalled, ...change }, 2_000)).toBeUndefined())

test('one that promised to be quick is given 5 s, a slow one three times what it promised', () => {
  expect([4_999, 5_001].map(unchangedMs => stallProblem({ ...stalled, unchangedMs }, 10) !== undefined)).toEqual([false, true])
  expect([29_999, 30_001].map(unchangedMs => stallProblem({ ...stalled, unchangedMs }, 10_000) !== undefined)).toEqual([false, true])
})
