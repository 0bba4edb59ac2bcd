import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalJson, jsonDepthMax } from './canonical-json.ts'

test('the order of keys does not matter, the order of items does', () => {
  expect(canonicalJson({ b: 1, a: { d: [1, 2], c: null } })).toBe(canonicalJson({ a: { c: null, d: [1, 2] }, b: 1 }))
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
})

test('it means what it was made from', () =>
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
    expect(JSON.parse(canonicalJson(value)!)).toEqual(JSON.parse(JSON.stringify(value)))
  })))

test('what is nested too deep has no canonical form', () => {
  let deep: unknown = 1
  for (let i = 0; i <= jsonDepthMax; i++) deep = [deep]
  expect(canonicalJson(deep)).toBeUndefined()
  expect(canonicalJson((deep as unknown[])[0])).toBeDefined()
})

test('bytes are compared by what they hold', () => {
  expect(canonicalJson({ payload: Buffer.from('one') })).toBe(canonicalJson({ payload: new Uint8Array(Buffer.from('one')) }))
  expect(canonicalJson({ payload: Buffer.from('one') })).not.toBe(canonicalJson({ payload: Buffer.from('two') }))
})
