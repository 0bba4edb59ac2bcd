import { expect, test } from '@jest/globals'
import { SentWindow } from './sent-window.ts'

test('what was sent is told once', () => {
  const window = new SentWindow(2)
  window.put('a', { kind: 'event', capability: 'c' })
  expect(window.take('a')).toEqual({ kind: 'event', capability: 'c' })
  expect(window.take('a')).toBeUndefined()
})

test('the oldest is forgotten at the bound', () => {
  const window = new SentWindow(2)
  for (const id of ['a', 'b', 'a', 'c']) window.put(id, { kind: 'event', capability: id })
  expect(window.size).toBe(2)
  expect(window.take('b')).toBeUndefined()
  expect(window.take('a')).toBeDefined()
})
