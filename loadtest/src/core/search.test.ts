import { expect, test } from '@jest/globals'
import { afterRun, nextRate, runsMax, searchBegins, type SearchState } from './search.ts'

function found (limit: number, first: number): SearchState {
  let state = searchBegins
  for (let perS = nextRate(state, first); perS !== undefined; perS = nextRate(state, first)) state = afterRun(state, perS, perS <= limit)
  return state
}

test.each([[9_500, 4_000], [700, 4_000], [40_000, 4_000], [4_000, 4_000]])('where %d/s hold, beginning with %d/s, it is found within seven percent', (limit, first) => {
  const { heldPerS, runs } = found(limit, first)
  expect(heldPerS).toBeLessThanOrEqual(limit)
  expect(heldPerS).toBeGreaterThan(limit / 1.075)
  expect(runs).toBeLessThanOrEqual(runsMax)
})

test('where nothing holds it ends, and says nothing', () => expect(found(0, 4_000)).toMatchObject({ heldPerS: undefined, runs: runsMax }))
