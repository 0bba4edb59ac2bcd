import { expect, test } from '@jest/globals'
import { CliError } from './errors.ts'
import { explain } from './explain.ts'

const quiet = { json: false, isDebug: false }

test('an expected failure says what is wrong, then what to do', () => {
  expect(explain(new CliError('TOPIC_MISSING', 'The topic t does not exist.'), quiet)).toBe('mesh: The topic t does not exist.\nRun `npm run topics:apply`, or set MESH_NAMESPACE.')
})

test('an unexpected one shows no stack', () => {
  expect(explain(new TypeError('x is not a function'), quiet)).toMatch(/^mesh: x is not a function\nThis is a fault of the command itself[^\n]*$/)
})

test('who debugs gets the stacks of it and its causes', () => {
  const text = explain(new CliError('ARCHIVE_UNREACHABLE', 'no', { cause: new Error('ECONNREFUSED') }), { json: false, isDebug: true })
  expect(text).toMatch(/CliError: no\n {4}at [^]*Error: ECONNREFUSED\n {4}at /)
})

test('a program gets JSON', () => {
  const error = new CliError('CALL_FAILED', 'TIMEOUT: no answer', { shownCode: 'TIMEOUT', next: 'Try again.', dispatchId: 'd-1' })
  expect(JSON.parse(explain(error, { json: true, isDebug: false }))).toEqual({ error: { code: 'TIMEOUT', message: 'TIMEOUT: no answer', next: 'Try again.', dispatchId: 'd-1' } })
})
