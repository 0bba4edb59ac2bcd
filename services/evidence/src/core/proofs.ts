// Inclusion and consistency proofs, as RFC 9162 §2.1.3 and §2.1.4 define them.
//
// Invariants:
//   P1. A proof is made as the RFC's recursion says, as runs of leaves whose hashes are then looked up; it is checked as the RFC's
//       algorithm says, from index and sizes alone. The two share nothing.
//   P2. A proof with a hash too many or too few is refused.

import { type Hash, sha256 } from '@mesh/signing/merkle'
import { emptyRoot } from './frontier.ts'

/** Leaves from `from` up to `to`, whose tree's root belongs to a proof. */
export interface Run { readonly from: number, readonly to: number }

/** What leads from a leaf to the root of a tree of `size` leaves, the lowest first. */
export function inclusionRuns (index: number, size: number): Run[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`)
  return pathRuns(index, { from: 0, to: size })
}

/** What shows that the first `before` leaves of a tree of `size` leaves are a tree of their own. */
export function consistencyRuns (before: number, size: number): Run[] {
  if (!(before >= 0 && before <= size)) throw new RangeError(`a tree of ${size} leaves holds none of ${before}`)
  return before === 0 || before === size ? [] : subproofRuns(before, { from: 0, to: size }, true)
}

function pathRuns (index: number, { from, to }: Run): Run[] {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...pathRuns(index, { from, to: middle }), { from: middle, to }]
    : [...pathRuns(index, { from: middle, to }), { from, to: middle }]
}

function subproofRuns (before: number, { from, to }: Run, isWhole: boolean): Run[] {
  if (before === to - from) return isWhole ? [] : [{ from, to }]
  const split = splitOf(to - from)
  return before <= split
    ? [...subproofRuns(before, { from, to: from + split }, isWhole), { from: from + split, to }]
    : [...subproofRuns(before - split, { from: from + split, to }, false), { from, to: from + split }]
}

/** The largest power of two below the size. */
function splitOf (size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

export interface Inclusion {
  readonly leaf: Hash
  readonly index: number
  readonly size: number
  readonly path: readonly Hash[]
}

export function isIncluded ({ leaf, index, size, path }: Inclusion, root: Hash): boolean {
  if (!(index >= 0 && index < size)) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const neighbour of path) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      hash = sha256.node(neighbour, hash)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else hash = sha256.node(hash, neighbour)
    node = half(node)
    last = half(last)
  }
  return last === 0 && hash === root
}

export interface Growth {
  readonly before: number
  readonly rootBefore: Hash
  readonly size: number
  readonly root: Hash
}

export function isConsistent ({ before, rootBefore, size, root }: Growth, proof: readonly Hash[]): boolean {
  if (!(before >= 0 && before <= size)) return false
  if (before === size) return proof.length === 0 && rootBefore === root
  if (before === 0) return proof.length === 0 && rootBefore === emptyRoot
  const [first, ...rest] = isPowerOfTwo(before) ? [rootBefore, ...proof] : proof
  if (first === undefined) return false
  let node = before - 1
  let last = size - 1
  while (isOdd(node)) [node, last] = [half(node), half(last)]
  let earlier = first
  let later = first
  for (const hash of rest) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      earlier = sha256.node(hash, earlier)
      later = sha256.node(hash, later)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else later = sha256.node(later, hash)
    node = half(node)
    last = half(last)
  }
  return last === 0 && earlier === rootBefore && later === root
}

const half = (value: number): number => Math.floor(value / 2)
const isOdd = (value: number): boolean => value % 2 === 1

function isPowerOfTwo (value: number): boolean {
  let power = 1
  while (power < value) power *= 2
  return power === value
}
