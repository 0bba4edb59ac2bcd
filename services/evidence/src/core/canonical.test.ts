import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalJson, parseCanonical, type Json } from './canonical.ts'

describe('the canonical form', () => {
  // The example of RFC 8785 §3.2.2 and its result in §3.2.3.
  test('is that of the RFC\'s example', () => {
    const text = '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}'
    expect(canonicalJson(JSON.parse(text) as Json)).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}')
  })

  // RFC 8785 §3.2.3: by UTF-16 code units, so the emoji's surrogates stand before U+FB33.
  test('has keys in the order of UTF-16 units', () =>
    expect(canonicalJson(Object.fromEntries(['€', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', 'ö'].map((key, i) => [key, i + 1])))).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\ud83d\ude00":5,"\ufb33":3}'))

  test('writes a negative zero as zero, and nothing of an empty thing', () => expect(canonicalJson([-0, {}, [], ''])).toBe('[0,{},[],""]'))

  test('property: is JSON that says the same, whatever the order of keys', () => fc.assert(fc.property(fc.jsonValue(), value => {
    const json = value as Json
    const isWellFormed = (JSON.stringify(value) ?? '').search(/\\ud[89a-f]/i) < 0
    fc.pre(isWellFormed)
    const text = canonicalJson(json)
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    expect(parseCanonical(text)).toEqual(JSON.parse(text))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) expect(canonicalJson(Object.fromEntries(Object.entries(json).reverse()))).toBe(text)
  })))

  test.each([
    [Number.NaN, 'NaN has no JSON form'], [Infinity, 'Infinity has no JSON form'], ['\ud800', 'half of a surrogate pair'], [{ '\udc00': 1 }, 'half of a surrogate pair'],
    [{ a: undefined }, 'a undefined has no JSON form'], [[1n], 'a bigint has no JSON form']
  ])('is refused where there is none (%#)', (value, message) => expect(() => canonicalJson(value as Json)).toThrow(message))

  test.each([
    ['', 'it is not JSON'], ['{', 'it is not JSON'], ['{"b":1,"a":2}', 'not in canonical form'], ['{"a":1,"a":1}', 'not in canonical form'], [' 1', 'not in canonical form'],
    ['1.0', 'not in canonical form'], ['"\\u0041"', 'not in canonical form'], ['[1, 2]', 'not in canonical form']
  ])('a text that is another one is refused: %s', (text, message) => expect(() => parseCanonical(text)).toThrow(message))
})
