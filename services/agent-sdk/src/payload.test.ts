import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { fit, fromPayload, jsonContentType, toPayload } from './payload.ts'

describe('what is said of a payload that does not fit', () => {
  const problemOf = async (schema: z.ZodType, value: unknown): Promise<string> => {
    const fitted = await fit(schema, value)
    return 'problem' in fitted ? fitted.problem : 'it fits'
  }

  test('fields and kinds, no values', async () =>
    expect(await problemOf(z.object({ lead: z.object({ beds: z.number() }), area: z.enum(['north']) }), { lead: { beds: 'secret' }, area: 'secret' }))
      .toBe('lead.beds: expected number, area: invalid_value'))

  test('no keys that may be content', async () =>
    expect(await problemOf(z.record(z.string(), z.number()), { 'ann@example.org': 'x' })).toBe('*: expected number'))

  test('positions in lists', async () => expect(await problemOf(z.array(z.number()), [1, 'x'])).toBe('1: expected number'))

  test('no names of fields that are too many', async () => expect(await problemOf(z.strictObject({}), { secret: 1 })).toBe('the whole: unrecognized_keys'))

  test('a few of many', async () => expect(await problemOf(z.array(z.number()), Array.from({ length: 9 }, () => 'x'))).toContain('and 4 more'))

  test('of bytes that are not JSON, their number', () => expect(fromPayload(Buffer.from('{secret'), jsonContentType)).toEqual({ problem: '7 bytes are not JSON' }))

  test('of another content type, what it should be', () => expect(fromPayload(Buffer.from('1'), 'text/plain')).toEqual({ problem: 'content type is not application/json' }))
})

test('a schema with asynchronous checks is awaited', async () => {
  const even = z.number().refine(async number => number % 2 === 0)
  expect(await fit(even, 4)).toEqual({ value: 4 })
  expect(await fit(even, 3)).toEqual({ problem: 'the whole: custom' })
})

test('nothing is sent as null', () => expect(toPayload(undefined, 'c').toString()).toBe('null'))
