// The right edge of a tree that grows: the roots of the whole subtrees that its leaves make up, the largest first. It is all
// that appending and the root need (RFC 9162 §2.1.2).
//
// Invariants:
//   F1. Levels fall from left to right; there is one subtree for each bit of the size, so 53 at most.
//   F2. A subtree is appended only where it may stand: at a multiple of its own size.

import { type Hash, sha256 } from '@mesh/signing/merkle'
import { leavesOf, type Subtree } from './cover.ts'

interface Peak { readonly level: number, readonly hash: Hash }

/** SHA-256 of nothing: the root of a tree without leaves. */
export const emptyRoot: Hash = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex').toString('latin1')
const hashBytes = 32

export class Frontier {
  #size: number
  readonly #peaks: Peak[]

  constructor (size = 0, hashes: readonly Hash[] = []) {
    const levels = peakLevels(size)
    if (levels.length !== hashes.length) throw new RangeError(`a tree of ${size} leaves has ${levels.length} peaks, not ${hashes.length}`)
    this.#size = size
    this.#peaks = levels.map((level, i) => ({ level, hash: hashes[i]! }))
  }

  get size (): number { return this.#size }
  get hashes (): Hash[] { return this.#peaks.map(({ hash }) => hash) }

  copy (): Frontier { return new Frontier(this.#size, this.hashes) }

  /** One more leaf, or the root of a whole subtree; tells each node that is complete with it, the lowest first. */
  append (hash: Hash, level = 0, onNode?: (node: Subtree, hash: Hash) => void): void {
    const leaves = leavesOf(level)
    if (this.#size % leaves !== 0) throw new RangeError(`a subtree of ${leaves} leaves can't begin at ${this.#size}`)
    this.#size += leaves
    let top: Peak = { level, hash }
    onNode?.({ level, position: this.#size / leaves - 1 }, hash)
    while (this.#peaks.at(-1)?.level === top.level) {
      const left = this.#peaks.pop()!
      top = { level: top.level + 1, hash: sha256.node(left.hash, top.hash) }
      onNode?.({ level: top.level, position: this.#size / leavesOf(top.level) - 1 }, top.hash)
    }
    this.#peaks.push(top)
  }

  root (): Hash {
    return this.#peaks.reduceRight((right: Hash | undefined, { hash }) => right === undefined ? hash : sha256.node(hash, right), undefined) ?? emptyRoot
  }

  toBytes (): Buffer { return Buffer.from(this.hashes.join(''), 'latin1') }

  static fromBytes (size: number, bytes: Buffer): Frontier { return new Frontier(size, hashesFrom(bytes)) }
}

export function hashesFrom (bytes: Buffer): Hash[] {
  return Array.from({ length: Math.floor(bytes.length / hashBytes) }, (_, i) => bytes.toString('latin1', i * hashBytes, (i + 1) * hashBytes))
}

/** The levels of a size's bits, the highest first. Arithmetic, since sizes may pass 2^32. */
function peakLevels (size: number): number[] {
  const levels: number[] = []
  for (let rest = size, level = 0; rest > 0; rest = Math.floor(rest / 2), level++) if (rest % 2 === 1) levels.unshift(level)
  return levels
}
