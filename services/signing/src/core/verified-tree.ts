// What is known of a tree whose root a signature vouches for. A path that was verified makes its neighbours known, too, so of
// the other leaves of the same tree little more than the leaf is hashed.
//
// Invariants:
//   T1. A node is known only if it was hashed, with its neighbours, up to the root.
//   T2. Every hash of a path is looked at, the known ones by comparing: a bent path is refused though its leaf is known.
import type { Hash, Hashing } from './merkle.ts'
import type { Place } from './proof.ts'

/** The root that a leaf and its path lead to. */
export function rootFrom (leaf: Hash, { index, size, path }: Place, { node }: Hashing): Hash {
  let hash = leaf
  let next = 0
  for (let i = index, width = size; width > 1; i >>= 1, width = (width + 1) >> 1) {
    if ((i ^ 1) < width) {
      const neighbour = path[next++]!
      hash = (i & 1) === 1 ? node(neighbour, hash) : node(hash, neighbour)
    }
  }
  return hash
}

export class VerifiedTree {
  readonly #size: number
  /** By level and index, the levels one after the other; the last is the root. */
  readonly #known: (Hash | undefined)[] = []
  readonly #root: Hash
  readonly #learns: boolean

  constructor (size: number, root: Hash, learns = true) {
    this.#size = size
    this.#root = root
    this.#learns = learns
  }

  /** The same tree, small: each leaf is hashed up to the root, and nothing is kept of it. */
  rootOnly (): VerifiedTree { return new VerifiedTree(this.#size, this.#root, false) }

  /** Whether the leaf is at this place of the tree. */
  holds (leaf: Hash, place: Place, { node }: Hashing): boolean {
    if (place.size !== this.#size) return false
    let hash = leaf
    let next = 0
    let begin = 0
    // Known only once the way up has met the root.
    const passed: [number, Hash][] = []
    for (let i = place.index, width = this.#size; width > 1; begin += width, i >>= 1, width = (width + 1) >> 1) {
      const known = this.#known[begin + i]
      if (known === undefined) passed.push([begin + i, hash])
      else if (known !== hash) return false
      if ((i ^ 1) >= width) continue
      const neighbour = place.path[next++]!
      const knownNeighbour = this.#known[begin + (i ^ 1)]
      if (knownNeighbour === undefined) passed.push([begin + (i ^ 1), neighbour])
      else if (knownNeighbour !== neighbour) return false
      // What two known nodes hash to was hashed when they became known.
      const isHashed = known !== undefined && knownNeighbour !== undefined
      hash = isHashed ? this.#known[begin + width + (i >> 1)] ?? this.#root : (i & 1) === 1 ? node(neighbour, hash) : node(hash, neighbour)
    }
    if (hash !== this.#root) return false
    if (this.#learns) for (const [at, passedHash] of passed) this.#known[at] = passedHash
    return true
  }
}
