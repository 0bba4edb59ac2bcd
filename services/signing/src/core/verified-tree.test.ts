import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sha256 } from '../hashing.ts'
import { type Hash, type Hashing, levelsOf, pathOf } from './merkle.ts'
import type { Place } from './proof.ts'
import { VerifiedTree } from './verified-tree.ts'

function tree (size: number) {
  const leaves = Array.from({ length: size }, (_, i) => sha256.leaf(Buffer.of(i)))
  const levels = levelsOf(leaves, sha256)
  const placeOf = (index: number): Place => ({ index, size, path: pathOf(levels, index) })
  return { leaves, placeOf, verified: new VerifiedTree(size, levels.at(-1)![0]!) }
}

/** Counts the nodes that are hashed. */
function counting (): { readonly hashing: Hashing, nodes: number } {
  const counted = {
    nodes: 0,
    hashing: {
      leaf: sha256.leaf,
      node (left: Hash, right: Hash) {
        counted.nodes++
        return sha256.node(left, right)
      }
    }
  }
  return counted
}

describe('a verified tree', () => {
  test('property: holds each of its leaves at its place, in whatever order they come, and no other', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 64 }), fc.infiniteStream(fc.nat()), (size, random) => {
      const { leaves, placeOf, verified } = tree(size)
      for (const number of [...random.take(2 * size)]) {
        const index = number % size
        expect(verified.holds(leaves[index]!, placeOf(index), sha256)).toBe(true)
        expect(verified.holds(sha256.leaf(Buffer.from('another')), placeOf(index), sha256)).toBe(false)
        if (size > 1) expect(verified.holds(leaves[index]!, { ...placeOf((index + 1) % size) }, sha256)).toBe(false)
      }
    }))
  })

  test('property: is not misled by what was refused before', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), fc.nat(), (size, at, which) => {
      const { leaves, placeOf, verified } = tree(size)
      const index = at % size
      const place = placeOf(index)
      const bent = place.path.map((hash, i) => i === which % place.path.length ? '9'.repeat(32) : hash)
      expect(verified.holds(leaves[index]!, { ...place, path: bent }, sha256)).toBe(false)
      for (let i = 0; i < size; i++) expect(verified.holds(leaves[i]!, placeOf(i), sha256)).toBe(true)
    }))
  })

  test('does not hold a leaf whose neighbour was bent, while nothing of the tree is known', () => {
    const { leaves, placeOf, verified } = tree(4)
    expect(verified.holds(leaves[0]!, { ...placeOf(0), path: ['9'.repeat(32), placeOf(0).path[1]!] }, sha256)).toBe(false)
  })

  test('refuses a bent path though the leaf and all else is known', () => {
    const { leaves, placeOf, verified } = tree(64)
    leaves.forEach((leaf, index) => expect(verified.holds(leaf, placeOf(index), sha256)).toBe(true))
    const place = placeOf(11)
    for (let bent = 0; bent < place.path.length; bent++) {
      expect(verified.holds(leaves[11]!, { ...place, path: place.path.map((hash, i) => i === bent ? '9'.repeat(32) : hash) }, sha256)).toBe(false)
    }
  })

  test('does not take a leaf for known because the node above it is', () => {
    const { leaves, placeOf, verified } = tree(4)
    verified.holds(leaves[0]!, placeOf(0), sha256)
    const another = sha256.leaf(Buffer.from('another'))
    expect(verified.holds(another, { index: 2, size: 4, path: [leaves[3]!, placeOf(2).path[1]!] }, sha256)).toBe(false)
    expect(verified.holds(another, { index: 3, size: 4, path: [leaves[2]!, placeOf(2).path[1]!] }, sha256)).toBe(false)
  })

  test('of another size than the proof says holds nothing', () => {
    const { leaves, placeOf } = tree(4)
    const other = new VerifiedTree(5, levelsOf(leaves, sha256).at(-1)![0]!)
    expect(other.holds(leaves[0]!, placeOf(0), sha256)).toBe(false)
  })

  test('hashes the way up once: of 64 leaves in order, 63 nodes more or less instead of 384', () => {
    const { leaves, placeOf, verified } = tree(64)
    const counted = counting()
    leaves.forEach((leaf, index) => expect(verified.holds(leaf, placeOf(index), counted.hashing)).toBe(true))
    expect(counted.nodes).toBeLessThanOrEqual(63)
  })

  test('asked again about a leaf hashes nothing', () => {
    const { leaves, placeOf, verified } = tree(8)
    verified.holds(leaves[5]!, placeOf(5), sha256)
    const counted = counting()
    expect([5, 4].map(index => verified.holds(leaves[index]!, placeOf(index), counted.hashing))).toEqual([true, true])
    expect(counted.nodes).toBe(0)
  })
})
