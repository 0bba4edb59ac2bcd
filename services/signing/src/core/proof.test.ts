import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pathLength } from './merkle.ts'
import { hashBytes, placeFrom, proofOf, treeSizeMax } from './proof.ts'

const aHash = fc.uint8Array({ minLength: hashBytes, maxLength: hashBytes }).map(hash => Buffer.from(hash).toString('latin1'))
const place = fc.integer({ min: 2, max: treeSizeMax }).chain(size => fc.integer({ min: 0, max: size - 1 }).chain(index => fc.record({
  index: fc.constant(index), size: fc.constant(size),
  path: fc.array(aHash, { minLength: pathLength(index, size), maxLength: pathLength(index, size) })
})))

describe('a proof', () => {
  test('property: is read as it was written', () => {
    fc.assert(fc.property(place, written => { expect(placeFrom(proofOf(written))).toEqual(written) }))
  })

  test('of a body alone is empty', () => {
    expect(proofOf({ index: 0, size: 1, path: [] })).toHaveLength(0)
    expect(placeFrom(Buffer.alloc(0))).toEqual({ index: 0, size: 1, path: [] })
  })

  test('says index and size in two bytes each, high byte first', () => {
    const path = Array.from({ length: pathLength(3, 40) }, (_, i) => String.fromCharCode(200 + i).repeat(hashBytes))
    expect(proofOf({ index: 3, size: 40, path }).subarray(0, 4)).toEqual(Buffer.of(0, 3, 0, 40))
    expect(proofOf({ index: 3, size: 40, path })).toHaveLength(4 + 6 * hashBytes)
  })

  const head = (index: number, size: number, pathBytes: number): Buffer =>
    Buffer.concat([Buffer.of(index >> 8, index & 255, size >> 8, size & 255), Buffer.alloc(pathBytes)])
  test.each<[string, Buffer]>([
    ['of three bytes', Buffer.alloc(3)],
    ['of a tree of none', head(0, 0, 0)],
    ['of a tree of one, which has an empty proof', head(0, 1, 0)],
    ['whose index is outside', head(2, 2, hashBytes)],
    ['of a tree that is too large', head(0, treeSizeMax + 1, 7 * hashBytes)],
    ['with a hash too few', head(0, 4, hashBytes)],
    ['with a hash too many', head(0, 2, 2 * hashBytes)],
    ['with a part of a hash', head(0, 2, hashBytes - 1)],
    ['with a byte more', head(0, 2, hashBytes + 1)]
  ])('%s is none', (_what, bytes) => expect(placeFrom(bytes)).toBeUndefined())

  test('of the largest tree is one', () => expect(placeFrom(head(treeSizeMax - 1, treeSizeMax, 6 * hashBytes))).toMatchObject({ index: 63, size: 64 }))

  test('property: no bytes make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const read = placeFrom(Buffer.from(bytes))
      if (read !== undefined) expect(proofOf(read)).toEqual(Buffer.from(bytes))
    }))
  })
})
