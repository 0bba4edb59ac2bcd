import { expect, test } from '@jest/globals'
import { parseState, resumeProblem, type ReplayState } from './replay-state.ts'

const state: ReplayState = {
  version: 1, replay: { fromMs: 1, toMs: 2, filter: null, output: 'file a', topic: 'mesh.audit' }, archive: null, offsets: { 0: 4 }, atMs: 1, seamMs: 1, events: 3, outBytes: 9, isDone: false
}

test('a state goes through its file unchanged', () => expect(parseState(JSON.stringify(state))).toEqual(state))
test.each(['', '{', '{}', '[]', '{"version":2}', '{"version":1}'])('%s is none', text => expect(parseState(text)).toBeUndefined())
test('goes on with its own replay only', () => {
  expect(resumeProblem(state, { filter: null, output: 'file a', topic: 'mesh.audit' })).toBeUndefined()
  expect(resumeProblem(state, { filter: 'hop=1', output: 'file a', topic: 'mesh.audit' })).toContain('another filter')
  expect(resumeProblem(state, { filter: null, output: 'file b', topic: 'mesh.audit' })).toContain('another output')
})
