import { expect, test } from '@jest/globals'
import type { ControlChange } from '@mesh/schemas'
import { createChangeStates } from './change-states.ts'

let count = 0
const change = (entity: string, after: unknown): ControlChange =>
  ({ changeId: `c-${++count}`, atMs: count, who: 'ada', why: null, entity, before: null, after: after === null ? null : JSON.stringify(after) })
function given (settledMax: number, ...changes: ControlChange[]) {
  const states = createChangeStates(settledMax)
  changes.forEach(states.put)
  const shown = (some: ReadonlyMap<string, { readonly state: string }>) => [...some].map(([key, { state }]) => [key, state])
  return { circuits: shown(states.circuits), deadLetters: shown(states.deadLetters) }
}

test('the newest order about a circuit counts, and none leaves it to the measuring', () => {
  expect(given(9, change('circuit/memory', 'open'), change('circuit/valuer', 'open'), change('circuit/memory', 'closed'), change('circuit/valuer', null)).circuits)
    .toEqual([['memory', 'closed']])
})

test('of a dead letter the newest counts; the oldest are forgotten at the bound', () => {
  const settle = (place: string, state: string) => change(`dead-letter/${place}`, { state, who: 'ada' })
  expect(given(2, settle('0/1', 'redriven'), settle('0/2', 'redriven'), settle('0/1', 'discarded'), settle('1/0', 'redriven')).deadLetters)
    .toEqual([['0/1', 'discarded'], ['1/0', 'redriven']])
})

test('changes of other things, or of another shape, change nothing', () => {
  const junk = ['quota/agent/memory', 'circuit/memory', 'dead-letter/0/1'].flatMap(entity => [change(entity, { state: 'molten' }), change(entity, 7), { ...change(entity, 1), after: 'no json' }])
  expect(given(9, ...junk, change('dead-letter/0/1', null))).toEqual({ circuits: [], deadLetters: [] })
})
