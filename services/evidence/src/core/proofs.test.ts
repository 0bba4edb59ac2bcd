import { describe, expect, test } from '@jest/globals'
import { sha256, type Hash } from '@mesh/signing/merkle'
import fc from 'fast-check'
import { leafHash, mth, path, proof, rootOfPath, rootsOfProof } from '../../test/rfc9162.ts'
import { emptyRoot, Frontier } from './frontier.ts'
import { consistencyRuns, inclusionRuns, isConsistent, isIncluded, type Run } from './proofs.ts'

const sizesMax = 260
const leaves = Array.from({ length: sizesMax }, (_, i) => Buffer.from(`leaf ${i}`))
const hex = (hash: Hash): string => Buffer.from(hash, 'latin1').toString('hex')
const roots = new Map<string, Hash>()
/** By the code under test, each run once. */
function rootOf ({ from, to }: Run): Hash {
  const key = `${from}-${to}`
  let root = roots.get(key)
  if (root === undefined) {
    const frontier = new Frontier()
    for (let i = from; i < to; i++) frontier.append(sha256.leaf(leaves[i]!))
    roots.set(key, root = frontier.root())
  }
  return root
}
const theirs = new Map<number, Buffer>()
const theirRoot = (size: number): Buffer => theirs.get(size) ?? theirs.set(size, mth(leaves.slice(0, size))).get(size)!
const bytes = (hashes: readonly Hash[]): Buffer[] => hashes.map(hash => Buffer.from(hash, 'latin1'))
const flipped = (hash: Hash): Hash => String.fromCharCode(hash.charCodeAt(0) ^ 1) + hash.slice(1)
const size = fc.integer({ min: 1, max: sizesMax })

describe('a proof of inclusion', () => {
  test('of each place of each size to some hundred is accepted by the second implementation, and by ours', () => {
    for (let n = 1; n <= sizesMax; n += n < 70 ? 1 : 19) {
      for (let index = 0; index < n; index++) {
        const hashes = inclusionRuns(index, n).map(rootOf)
        expect(rootOfPath(leafHash(leaves[index]!), index, n, bytes(hashes))?.equals(theirRoot(n))).toBe(true)
        expect(isIncluded({ leaf: sha256.leaf(leaves[index]!), index, size: n, path: hashes }, rootOf({ from: 0, to: n }))).toBe(true)
      }
    }
  })

  test('property: is the RFC\'s', () => fc.assert(fc.property(size, fc.nat(), (n, at) => {
    const index = at % n
    expect(inclusionRuns(index, n).map(rootOf).map(hex)).toEqual(path(index, leaves.slice(0, n)).map(hash => hash.toString('hex')))
  })))

  test('property: is good for its leaf, its place, its size and its root alone', () => fc.assert(fc.property(size, fc.nat(), fc.nat(), (n, at, which) => {
    const index = at % n
    const good = { leaf: sha256.leaf(leaves[index]!), index, size: n, path: inclusionRuns(index, n).map(rootOf) }
    const root = rootOf({ from: 0, to: n })
    expect(isIncluded({ ...good, leaf: flipped(good.leaf) }, root)).toBe(false)
    expect(isIncluded(good, flipped(root))).toBe(false)
    expect(isIncluded({ ...good, path: [...good.path, root] }, root)).toBe(false)
    for (const other of [index - 1, index + 1]) expect(isIncluded({ ...good, index: other }, root)).toBe(false)
    if (n === 1) return
    const bent = which % good.path.length
    expect(isIncluded({ ...good, path: good.path.toSpliced(bent, 1) }, root)).toBe(false)
    expect(isIncluded({ ...good, path: good.path.with(bent, flipped(good.path[bent]!)) }, root)).toBe(false)
  })))

  test.each([[-1, 3], [3, 3], [0, 0]])('of place %i in %i leaves there is none', (index, n) => {
    expect(() => inclusionRuns(index, n)).toThrow(`a tree of ${n} leaves has no leaf ${index}`)
    expect(isIncluded({ leaf: emptyRoot, index, size: n, path: [] }, emptyRoot)).toBe(false)
  })
})

describe('a proof of consistency', () => {
  test('of each two sizes to some hundred is accepted by the second implementation, and by ours', () => {
    for (let n = 1; n <= sizesMax; n += n < 70 ? 1 : 19) {
      for (let before = 1; before <= n; before++) {
        const hashes = consistencyRuns(before, n).map(rootOf)
        const seen = rootsOfProof(before, n, bytes(hashes), theirRoot(before))
        expect(seen?.map(root => root.toString('hex'))).toEqual([theirRoot(before).toString('hex'), theirRoot(n).toString('hex')])
        expect(isConsistent({ before, rootBefore: rootOf({ from: 0, to: before }), size: n, root: rootOf({ from: 0, to: n }) }, hashes)).toBe(true)
      }
    }
  })

  test('property: is the RFC\'s', () => fc.assert(fc.property(size, fc.nat(), (n, at) => {
    const before = at % (n + 1)
    expect(consistencyRuns(before, n).map(rootOf).map(hex)).toEqual(proof(before, leaves.slice(0, n)).map(hash => hash.toString('hex')))
  })))

  test('property: is good for its sizes and roots alone', () => fc.assert(fc.property(fc.integer({ min: 2, max: sizesMax }), fc.nat(), fc.nat(), (n, at, which) => {
    const before = 1 + at % (n - 1)
    const good = { before, rootBefore: rootOf({ from: 0, to: before }), size: n, root: rootOf({ from: 0, to: n }) }
    const hashes = consistencyRuns(before, n).map(rootOf)
    expect(isConsistent({ ...good, rootBefore: flipped(good.rootBefore) }, hashes)).toBe(false)
    expect(isConsistent({ ...good, root: flipped(good.root) }, hashes)).toBe(false)
    expect(isConsistent(good, [...hashes, good.root])).toBe(false)
    expect(isConsistent({ ...good, rootBefore: rootOf({ from: 0, to: before - 1 }) }, hashes)).toBe(false)
    const bent = which % hashes.length
    expect(isConsistent(good, hashes.toSpliced(bent, 1))).toBe(false)
    expect(isConsistent(good, hashes.with(bent, flipped(hashes[bent]!)))).toBe(false)
    expect(isConsistent(good, [])).toBe(false)
  })))

  test('of nothing, and of the same tree, is empty', () => {
    const root = rootOf({ from: 0, to: 5 })
    expect(consistencyRuns(0, 5)).toEqual([])
    expect(consistencyRuns(5, 5)).toEqual([])
    expect(isConsistent({ before: 0, rootBefore: emptyRoot, size: 5, root }, [])).toBe(true)
    expect(isConsistent({ before: 0, rootBefore: root, size: 5, root }, [])).toBe(false)
    expect(isConsistent({ before: 0, rootBefore: emptyRoot, size: 5, root }, [root])).toBe(false)
    expect(isConsistent({ before: 5, rootBefore: root, size: 5, root }, [])).toBe(true)
    expect(isConsistent({ before: 5, rootBefore: root, size: 5, root: flipped(root) }, [])).toBe(false)
    expect(isConsistent({ before: 5, rootBefore: root, size: 5, root }, [root])).toBe(false)
  })

  test.each([[-1, 3], [4, 3]])('of %i leaves in %i there is none', (before, n) => {
    expect(() => consistencyRuns(before, n)).toThrow(`a tree of ${n} leaves holds none of ${before}`)
    expect(isConsistent({ before, rootBefore: emptyRoot, size: n, root: emptyRoot }, [])).toBe(false)
  })
})
