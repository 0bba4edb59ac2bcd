import { describe, expect, test } from '@jest/globals'
import { levelsOf, sha256, type Hash } from '@mesh/signing/merkle'
import fc from 'fast-check'
import { mth } from '../../test/rfc9162.ts'
import { beginOf, coverOf, leavesOf } from './cover.ts'
import { emptyRoot, Frontier, hashesFrom } from './frontier.ts'

const leafAt = (i: number): Buffer => Buffer.from(`leaf ${i}`)
const hashAt = (i: number): Hash => sha256.leaf(leafAt(i))
const subtree = (from: number, leaves: number): Hash => levelsOf(Array.from({ length: leaves }, (_, i) => hashAt(from + i)), sha256).at(-1)![0]!
const grown = (size: number): Frontier => {
  const frontier = new Frontier()
  for (let i = 0; i < size; i++) frontier.append(hashAt(i))
  return frontier
}
const hex = (hash: Hash): string => Buffer.from(hash, 'latin1').toString('hex')

describe('the right edge of a tree', () => {
  test('leads to the RFC\'s root at each size, the empty one too', () => {
    const frontier = new Frontier()
    expect(hex(frontier.root())).toBe(mth([]).toString('hex'))
    expect(frontier.root()).toBe(emptyRoot)
    for (let size = 1; size <= 130; size++) {
      frontier.append(hashAt(size - 1))
      expect(frontier.size).toBe(size)
      expect(hex(frontier.root())).toBe(mth(Array.from({ length: size }, (_, i) => leafAt(i))).toString('hex'))
    }
  })

  test('tells each whole subtree as it is complete, the lowest first', () => {
    const told: [number, number][] = []
    const frontier = new Frontier()
    for (let i = 0; i < 6; i++) {
      frontier.append(hashAt(i), 0, (node, hash) => {
        expect(hash).toBe(subtree(beginOf(node), leavesOf(node.level)))
        told.push([node.level, node.position])
      })
    }
    expect(told).toEqual([[0, 0], [0, 1], [1, 0], [0, 2], [0, 3], [1, 1], [2, 0], [0, 4], [0, 5], [1, 2]])
  })

  test('property: grows by whole subtrees as by their leaves, and goes on from its bytes', () => fc.assert(fc.property(fc.nat(200), fc.nat(200), (first, more) => {
    const pieces = new Frontier()
    for (const { level, position } of [...coverOf(0, first), ...coverOf(first, first + more)]) pieces.append(subtree(position * 2 ** level, 2 ** level), level)
    const whole = grown(first + more)
    expect(pieces.hashes).toEqual(whole.hashes)
    expect(pieces.root()).toBe(whole.root())
    const read = Frontier.fromBytes(first, grown(first).toBytes())
    for (let i = first; i < first + more; i++) read.append(hashAt(i))
    expect(read.root()).toBe(whole.root())
    expect(read.hashes).toHaveLength((first + more).toString(2).replaceAll('0', '').length)
  })))

  test('a copy grows alone', () => {
    const frontier = grown(3)
    const copy = frontier.copy()
    copy.append(hashAt(3))
    expect([frontier.size, copy.size]).toEqual([3, 4])
    expect(frontier.root()).toBe(grown(3).root())
  })

  test('sizes beyond 2^32 keep their bits', () => {
    const size = 2 ** 40 + 2 ** 33 + 1
    const frontier = new Frontier(size, ['a', 'b', 'c'])
    frontier.append('d')
    expect(frontier.size).toBe(size + 1)
    expect(frontier.hashes).toEqual(['a', 'b', sha256.node('c', 'd')])
  })

  test('refuses hashes that are not those of its size, and a subtree where it can\'t begin', () => {
    expect(() => new Frontier(3, ['a'])).toThrow('a tree of 3 leaves has 2 peaks, not 1')
    expect(() => grown(3).append('x', 1)).toThrow('a subtree of 2 leaves can\'t begin at 3')
    expect(grown(4).hashes).toHaveLength(1)
  })

  test('hashes are read from whole ones only', () => {
    expect(hashesFrom(Buffer.alloc(70, 1))).toEqual(['\u0001'.repeat(32), '\u0001'.repeat(32)])
    expect(hashesFrom(Buffer.alloc(0))).toEqual([])
  })
})

describe('a cover', () => {
  test('property: is the run, in order, in as few subtrees as there can be', () => fc.assert(fc.property(fc.nat(300), fc.nat(300), (from, count) => {
    const cover = coverOf(from, from + count)
    let next = from
    for (const node of cover) {
      expect(beginOf(node)).toBe(next)
      next += leavesOf(node.level)
    }
    expect(next).toBe(from + count)
    // Two neighbours that make up a larger subtree would be one.
    for (const [i, node] of cover.entries()) expect(cover[i + 1]?.level === node.level && node.position % 2 === 0).toBe(false)
  })))

  test('of a whole tree is that tree', () => expect(coverOf(0, 2 ** 40)).toEqual([{ level: 40, position: 0 }]))
})
