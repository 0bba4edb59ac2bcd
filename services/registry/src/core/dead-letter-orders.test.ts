import { expect, test } from '@jest/globals'
import { createChangeStates, type DeadLetterState } from './change-states.ts'
import { decideDeadLetter } from './dead-letter-orders.ts'

const place = { partition: 1, offset: 7 }
const atMs = Date.UTC(2030, 0, 2, 3, 4, 5)
function given (state?: DeadLetterState) {
  const states = createChangeStates()
  if (state !== undefined) states.put({ changeId: 'c', atMs, who: 'bob', why: null, entity: 'dead-letter/1/7', before: null, after: JSON.stringify({ state, who: 'bob' }) })
  return { when: (next: DeadLetterState, again = false) => decideDeadLetter(place, { state: next, who: 'ada', again }, states) }
}

test.each(['redriven', 'discarded'] as const)('one that nobody looked at yet is %s', state =>
  expect(given().when(state)).toEqual({ outcome: 'changed', entity: 'dead-letter/1/7', before: null, after: { state, who: 'ada' }, warnings: [] }))

test.each([
  ['redriven', 'redriven', 'was sent again by bob'], ['redriven', 'discarded', 'was sent again by bob'],
  ['discarded', 'redriven', 'was discarded by bob'], ['discarded', 'discarded', 'was discarded by bob']
] as const)('one that was %s is not %s by mistake', (before, next, says) =>
  expect(given(before).when(next)).toMatchObject({ outcome: 'refused', code: 'DEAD_LETTER_SETTLED', message: expect.stringContaining(`${says} at 2030-01-02T03:04:05.000Z`) }))

test('whoever says so sends it again, as often as they like', () => {
  expect(given('redriven').when('redriven', true)).toMatchObject({ outcome: 'changed', before: { state: 'redriven', who: 'bob' }, after: { state: 'redriven', who: 'ada' } })
  expect(given('discarded').when('redriven', true)).toMatchObject({ outcome: 'changed', before: { state: 'discarded', who: 'bob' } })
})
