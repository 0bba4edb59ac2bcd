import { describe, expect, test } from '@jest/globals'
import { CodedError } from '../errors.ts'
import { patienceWith, reasonOf, type TaskRoundErrorCode } from './failures.ts'

const refused = (type: string): Error => new CodedError<TaskRoundErrorCode>('PRODUCE_FAILED', 'not taken', { cause: Object.assign(new Error('retries'), { name: 'KafkaJSNumberOfRetriesExceeded', cause: Object.assign(new Error(type), { type }) }) })
const logicFailed = (cause: unknown): Error => new CodedError<TaskRoundErrorCode>('LOGIC_FAILED', 'x', { cause })

describe('patienceWith', () => {
  test.each(['MESSAGE_TOO_LARGE', 'INVALID_RECORD', 'RECORD_LIST_TOO_LARGE'])('%s is a record\'s fault', type => expect(patienceWith(refused(type))).toBe(2))
  test('a topic that isn\'t there may only be unknown yet', () => expect(patienceWith(refused('UNKNOWN_TOPIC_OR_PARTITION'))).toBeGreaterThan(2))
  test.each(['INVALID_PRODUCER_EPOCH', 'NOT_LEADER_FOR_PARTITION', 'REQUEST_TIMED_OUT', 'CONCURRENT_TRANSACTIONS'])('%s is not', type => expect(patienceWith(refused(type))).toBeUndefined())
  test('what the logic throws is a record\'s fault', () => expect(patienceWith(logicFailed(new TypeError('no such field')))).toBe(2))
  test('unless it says that trying again may help', () => expect(patienceWith(logicFailed(new CodedError('STORE_DOWN', 'x', { retriable: true })))).toBeUndefined())
  test('an error from anywhere else is not', () => expect(patienceWith(new TypeError('in the client'))).toBeUndefined())
  test('a circle of causes ends', () => {
    const error = new Error('a')
    error.cause = error
    expect(patienceWith(logicFailed(error))).toBe(2)
    expect(reasonOf(error)).toBe('a')
  })
})

test('the reason for the log has the code and the broker\'s own word', () => {
  expect(reasonOf(refused('MESSAGE_TOO_LARGE'))).toBe('PRODUCE_FAILED: MESSAGE_TOO_LARGE: not taken')
})
