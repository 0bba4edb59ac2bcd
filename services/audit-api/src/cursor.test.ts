import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { questionDigest, readCursor, writeCursor } from './cursor.ts'

test('what is written is read again, whatever the id', () => {
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 300 }).filter(id => !id.includes('\u0000') && id.isWellFormed()), fc.integer({ min: 0, max: 4e12 }), (eventId, atMs) => {
    const read = readCursor(writeCursor('q', { fromMs: 0, toMs: 5e12 }, { atMs, eventId }), 'q')
    expect(read).toEqual({ range: { fromMs: 0, toMs: 5e12 }, after: { atMs, eventId } })
  }))
})

test('a digest is of the fields, not of their order, and leaves out what is not there', () => {
  expect(questionDigest({ a: [1], b: undefined, c: 'x' })).toBe(questionDigest({ c: 'x', a: [1] }))
  expect(questionDigest({ a: [1] })).not.toBe(questionDigest({ a: [2] }))
})

test('anything else is refused, and never ends the process', () => {
  fc.assert(fc.property(fc.string(), text => { expect(() => readCursor(text, 'q')).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' })) }))
  const written = writeCursor('q', { fromMs: 0, toMs: 9 }, { atMs: 1, eventId: 'e' })
  expect(() => readCursor(written, 'another')).toThrow(expect.objectContaining({ problems: [{ field: 'cursor', message: expect.stringContaining('another search') }] }))
  const changed = (change: object) => Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(written, 'base64url').toString()), ...change })).toString('base64url')
  for (const change of [{ v: 2 }, { a: 1e300 }, { a: 'x' }, { e: '' }, { e: 'a\u0000' }, { f: 10 }, { more: 1 }]) expect(() => readCursor(changed(change), 'q')).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }))
})
