// Signs what leaves together with as few signatures as there are trees.
import { sign } from 'node:crypto'
import { levelsOf, pathOf } from './core/merkle.ts'
import { proofOf, treeSizeMax } from './core/proof.ts'
import { batchStatement } from './core/statement.ts'
import { sha256 } from './hashing.ts'
import type { SigningKey } from './keys.ts'

export interface Signature {
  readonly keyId: string
  readonly signature: Buffer
  /** Where the body is in the tree; empty for one that was signed alone. */
  readonly proof: Buffer
}

/** What a signature adds to a body at most, with the names and lengths around it. */
export const signatureBytesMax = 400

/**
 * One signature for each 64 bodies, in their order.
 *
 * @example const [first, second] = signBatch(key, [bodyOf(a), bodyOf(b)]) // share one signature
 */
export function signBatch (key: SigningKey, bodies: readonly Uint8Array[]): Signature[] {
  const signatures: Signature[] = []
  for (let begin = 0; begin < bodies.length; begin += treeSizeMax) signatures.push(...signTree(key, bodies.slice(begin, begin + treeSizeMax)))
  return signatures
}

function signTree ({ keyId, privateKey }: SigningKey, bodies: readonly Uint8Array[]): Signature[] {
  const size = bodies.length
  const levels = levelsOf(bodies.map(sha256.leaf), sha256)
  const signature = sign(null, batchStatement(keyId, size, levels.at(-1)![0]!), privateKey)
  return bodies.map((_, index) => ({ keyId, signature, proof: proofOf({ index, size, path: pathOf(levels, index) }) }))
}
