import { expect, test } from '@jest/globals'
import { PendingCalls } from './pending-calls.ts'

test('a call leaves once', () => {
  const pending = new PendingCalls<string>(2)
  expect(pending.add('d', 'call')).toBe('waiting')
  expect(pending.has('d')).toBe(true)
  expect(pending.take('d')).toBe('call')
  expect(pending.take('d')).toBeUndefined()
})

test('one more than the bound is refused, and waits for nothing', () => {
  const pending = new PendingCalls<string>(1)
  pending.add('a', 'first')
  expect(pending.add('b', 'second')).toBe('full')
  expect(pending.take('b')).toBeUndefined()
  expect(pending.size).toBe(1)
})

test('the same id does not replace the call that waits', () => {
  const pending = new PendingCalls<string>(2)
  pending.add('a', 'first')
  expect(pending.add('a', 'second')).toBe('duplicate')
  expect(pending.take('a')).toBe('first')
})

test('all leave at once at the end', () => {
  const pending = new PendingCalls<string>(2)
  pending.add('a', 'first')
  pending.add('b', 'second')
  expect(pending.takeAll()).toEqual(['first', 'second'])
  expect(pending.size).toBe(0)
})
