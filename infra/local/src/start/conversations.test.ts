import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { InputFileError, parseConversations, readConversations } from './conversations.ts'

const folder = mkdtempSync(join(tmpdir(), 'conversations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const good = '{"conversationId":"c1","turns":["Hello"]}'

test('conversations are read line by line; empty lines don\'t count', () =>
  expect(parseConversations(`${good}\n\n{"conversationId":"c2","turns":["a","b"]}\n`, 'f')).toEqual([
    { conversationId: 'c1', turns: ['Hello'] }, { conversationId: 'c2', turns: ['a', 'b'] }
  ]))

test('of a dialogue dataset the user turns are taken', () =>
  expect(parseConversations('{"dialogue_id":"d","turns":[{"speaker":"USER","utterance":"Hi"},{"speaker":"SYSTEM","utterance":"Hello"},{"speaker":"user","utterance":"Bye"}]}', 'f'))
    .toEqual([{ conversationId: 'd', turns: ['Hi', 'Bye'] }]))

test.each([
  ['a bad line', `${good}\n{"conversationId":`, /^f, line 2: not JSON/],
  ['a line of another shape', `${good}\n\n{"conversationId":"c2","turns":[]}`, /^f, line 3: .*turns/],
  ['an empty turn', '{"conversationId":"c1","turns":[" "]}', /^f, line 1: /],
  ['a conversation twice', `${good}\n${good}`, /^f, line 2: conversation "c1" stands on line 1 already/],
  ['an empty file', '\n\n', /^f is empty\./],
  ['a byte-order mark', `\uFEFF${good}`, /^f, line 1: begins with a byte-order mark/]
])('%s is refused with its line and what to do', (_, text, message) => {
  expect(() => parseConversations(text, 'f')).toThrow(InputFileError)
  expect(() => parseConversations(text, 'f')).toThrow(message)
})

test('a missing file, a folder and a file in UTF-16 are told apart', () => {
  expect(() => readConversations(join(folder, 'none'))).toThrow(/There is no file/)
  expect(() => readConversations(folder)).toThrow(/is a folder/)
  const wide = join(folder, 'wide')
  writeFileSync(wide, Buffer.from(`\uFEFF${good}`, 'utf16le'))
  expect(() => readConversations(wide)).toThrow(/UTF-16/)
})
