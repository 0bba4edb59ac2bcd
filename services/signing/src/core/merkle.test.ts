import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { sha256 } from '../hashing.ts'
import { levelsOf, pathLength, pathOf } from './merkle.ts'
import { rootFrom } from './verified-tree.ts'

const hex = (hash: string): string => Buffer.from(hash, 'latin1').toString('hex')
const rootOf = (bodies: readonly Buffer[]): string => hex(levelsOf(bodies.map(sha256.leaf), sha256).at(-1)![0]!)

/** Written from the words of RFC 6962 §2.1, with nothing of the code under test. */
const mth = (d: readonly Buffer[]): Buffer => {
  const h = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
  if (d.length === 1) return h(Buffer.of(0), d[0]!)
  let k = 1
  while (2 * k < d.length) k *= 2
  return h(Buffer.of(1), mth(d.slice(0, k)), mth(d.slice(k)))
}

describe('the root', () => {
  // The well-known leaves and roots of Certificate Transparency's own tests.
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(hex => Buffer.from(hex, 'hex'))
  test.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328']
  ])('of the first %i known leaves is the known one', (count, root) => expect(rootOf(leaves.slice(0, count))).toBe(root))

  test('property: is that of the recursive definition', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 }), bodies => {
      const buffers = bodies.map(body => Buffer.from(body))
      expect(rootOf(buffers)).toBe(mth(buffers).toString('hex'))
    }))
  })
})

describe('a path', () => {
  test('leads from each leaf of each size to the root, with as many hashes as its place asks for', () => {
    for (let size = 1; size <= 64; size++) {
      const leaves = Array.from({ length: size }, (_, i) => sha256.leaf(Buffer.of(i)))
      const levels = levelsOf(leaves, sha256)
      for (let index = 0; index < size; index++) {
        const path = pathOf(levels, index)
        expect(path).toHaveLength(pathLength(index, size))
        expect(rootFrom(leaves[index]!, { index, size, path }, sha256)).toEqual(levels.at(-1)![0])
      }
    }
  })
})

test('a node is no leaf: the two hash differently', () => {
  const [left, right] = [sha256.leaf(Buffer.from('a')), sha256.leaf(Buffer.from('b'))]
  expect(sha256.leaf(Buffer.from(left + right, 'latin1'))).not.toEqual(sha256.node(left, right))
})
