import { describe, expect, test } from '@jest/globals'
import type { DeadLetter } from '@mesh/schemas'
import { byNewest, deadLetterFacts, deadLetterHeadings, deadLetterLine, deadLetterRows, isWantedLetter, type Settled } from './dead-letter-rows.ts'
import { plainPaint } from './paint.ts'

const atMs = Date.UTC(2030, 0, 2, 3, 4, 5, 678)
const letter = (facts: Partial<DeadLetter> = {}): DeadLetter => ({
  ingress: { topic: 'mesh.dispatch.p2', partition: 0, offset: 3 }, code: 'SET_ASIDE', message: 'it crashed', atMs, key: null, value: Buffer.from('secret'),
  dispatchId: 'd-1', workflowId: 'w-1', source: 'asker', target: 'worker', capability: 'work', priority: 2, attempt: 3, ...facts
})
const discarded: Settled = { state: 'discarded', who: 'ada', why: 'seen to', at: '2030-01-03T00:00:00.000Z' }

test('a dead letter is a row, its state that of the newest order', () => {
  const lines = [deadLetterLine('1/7', letter(), undefined), deadLetterLine('1/8', letter({ dispatchId: null, source: 'a\u001bb', target: null, attempt: 0, code: 'GARBAGE' }), discarded)]
  expect(deadLetterRows(lines, plainPaint)).toEqual([
    ['1/7', '2030-01-02 03:04:05', 'SET_ASIDE', 'asker → worker', 'work', '3', 'd-1', 'open'],
    ['1/8', '2030-01-02 03:04:05', 'GARBAGE', 'a\uFFFDb → –', 'work', '0', '–', 'discarded']
  ])
  expect(deadLetterHeadings).toHaveLength(8)
})

describe('a filter', () => {
  const line = deadLetterLine('1/7', letter(), undefined)
  test.each([
    [{}, true], [{ reason: 'SET_ASIDE' }, true], [{ reason: 'GARBAGE' }, false], [{ agent: 'asker' }, true], [{ agent: 'worker' }, true], [{ agent: 'other' }, false],
    [{ state: 'open' }, true], [{ state: 'redriven' }, false], [{ sinceMs: atMs }, true], [{ sinceMs: atMs + 1 }, false], [{ reason: 'SET_ASIDE', agent: 'other' }, false]
  ])('%p: %p', (filter, isWanted) => expect(isWantedLetter(line, filter)).toBe(isWanted))
})

test('the newest comes first; at one time the last one written', () => {
  const places = [['0/9', atMs], ['0/10', atMs], ['1/0', atMs], ['0/1', atMs + 1]] as const
  expect(places.map(([place, at]) => deadLetterLine(place, letter({ atMs: at }), undefined)).sort(byNewest).map(({ place }) => place)).toEqual(['0/1', '1/0', '0/10', '0/9'])
})

test('its facts say what the code means, what to do and who settled it, and nothing of the content', () => {
  const text = deadLetterFacts(deadLetterLine('1/7', letter(), discarded), plainPaint).join('\n')
  expect(text).toMatch(/^dead letter 1\/7\nreason +SET_ASIDE {2}It ended the target's process again and again/)
  expect(text).toMatch(/\nwhat to do +Look at `mesh dead-letters`/)
  expect(text).toContain('read at     mesh.dispatch.p2/0/3')
  expect(text).toContain('state       discarded by ada at 2030-01-03T00:00:00.000Z: seen to')
  expect(text).not.toContain('secret')
  expect(deadLetterFacts(deadLetterLine('1/7', letter({ code: 'NEWER' }), undefined), plainPaint).join('\n')).toMatch(/reason +NEWER\n.*\nwhat to do +–\n/)
})
