import { expect, test } from '@jest/globals'
import { holdLines, holdRows, type ArchivedHold } from './hold-rows.ts'

const hold = (changes: Partial<ArchivedHold> = {}): ArchivedHold => ({
  entity: 'hold/case-42', after: { fromMs: 0, toMs: 86_400_000, workflow: null, agent: 'memory' }, who: 'ada', why: 'case 42', atMs: 1_000, ...changes
})

test('holds in force are listed by id; released ones are not', () =>
  expect(holdLines([hold(), hold({ entity: 'hold/gone', after: null }), hold({ entity: 'hold/a' })]).map(({ holdId }) => holdId)).toEqual(['a', 'case-42']))

test('a row says what is kept, about whom, who asked and why', () =>
  expect(holdRows(holdLines([hold()]))).toEqual([['case-42', '1970-01-01T00:00:00.000Z', '1970-01-02T00:00:00.000Z', 'agent memory', 'ada', '1970-01-01T00:00:01.000Z', 'case 42']]))

test.each([['a text'], [{}], [{ fromMs: 'x', toMs: 1 }], [{ fromMs: 1 }]])('a hold that can\'t be read (%j) keeps everything', after =>
  expect(holdRows(holdLines([hold({ after })]))[0]!.slice(1, 3)).toEqual(['everything', 'everything']))

test('what somebody wrote can\'t move the cursor', () => expect(holdRows(holdLines([hold({ why: 'a\u001b[2Jb' })]))[0]!.at(-1)).not.toContain('\u001b'))
