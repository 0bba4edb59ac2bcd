// Whether a body was written by the agent that it names, and is as it was written.
//
// Invariants:
//   V1. Nothing is accepted that a key of the agent, valid at that time, did not sign at this place of a tree of this size.
//   V2. A signature is verified once as long as its tree is remembered; a message of a known signature must lie in that tree.
//   V3. Of the newest `rootsMax` trees the root is remembered, of the newest `treesMax` what else is known of them too: classes
//       of one batch may be read seconds apart. Whatever is older gives way, and costs another verification.
//   V4. Whatever the bytes are, the answer is a value.
import { type KeyObject, verify } from 'node:crypto'
import { type AgentKey, keyProblem, type SignatureProblem } from './core/key-standing.ts'
import { placeFrom } from './core/proof.ts'
import { batchStatement } from './core/statement.ts'
import { rootFrom, VerifiedTree } from './core/verified-tree.ts'
import { sha256 } from './hashing.ts'
import { verifyingKeyFrom } from './keys.ts'

export interface SignedBody {
  readonly body: Buffer
  readonly keyId: string
  readonly signature: Buffer
  readonly proof: Buffer
}

const signatureBytes = 64
/** A tree with all that is known of it takes up to 10 KB, a root alone 200 bytes. */
const treesMaxDefault = 1_024
const rootsPerTree = 16
const invalid = (message: string): SignatureProblem => ({ code: 'SIGNATURE_INVALID', message })

export class SignatureChecker {
  readonly #keys: ReadonlyMap<string, AgentKey>
  readonly #treesMax: number
  /** By key and signature. */
  readonly #trees = new Map<string, VerifiedTree>()
  /** Those of which only the root is remembered. */
  readonly #roots = new Map<string, VerifiedTree>()
  readonly #verifying = new Map<string, KeyObject>()
  /** Signatures that were verified, which is what costs. */
  verifications = 0

  /** `keys` by id; what is put there later counts at once. */
  constructor (keys: ReadonlyMap<string, AgentKey>, treesMax = treesMaxDefault) {
    this.#keys = keys
    this.#treesMax = treesMax
  }

  /**
   * Undefined where the agent wrote it; `atMs` is the broker's time of its append.
   *
   * @example checker.problem(signed, dispatch.source, record.appendedAtMs)?.code // 'KEY_REVOKED'
   */
  problem (signed: SignedBody, agent: string, atMs: number): SignatureProblem | undefined {
    const { keyId, signature, proof, body } = signed
    if (keyId === '' && signature.length === 0) return { code: 'UNSIGNED', message: 'it is not signed' }
    const key = this.#keys.get(keyId)
    if (key === undefined) return { code: 'KEY_UNKNOWN', message: 'no key of this id is registered' }
    const standing = keyProblem(key, agent, atMs)
    if (standing !== undefined) return standing
    if (signature.length !== signatureBytes) return invalid(`the signature has ${signature.length} bytes instead of ${signatureBytes}`)
    const place = placeFrom(proof)
    if (place === undefined) return invalid('the proof is not one')
    const leaf = sha256.leaf(body)
    const name = `${keyId}/${signature.toString('latin1')}`
    const tree = this.#trees.get(name) ?? this.#roots.get(name)
    if (tree !== undefined) return tree.holds(leaf, place, sha256) ? undefined : invalid('it does not lie in the tree that was signed')
    const root = rootFrom(leaf, place, sha256)
    this.verifications++
    if (!this.#signed(key, batchStatement(keyId, place.size, root), signature)) return invalid('the key did not sign this')
    const verified = new VerifiedTree(place.size, root)
    verified.holds(leaf, place, sha256)
    const [oldest] = keepNewest(this.#trees, name, verified, this.#treesMax)
    if (oldest !== undefined) keepNewest(this.#roots, oldest[0], oldest[1].rootOnly(), this.#treesMax * rootsPerTree)
    return undefined
  }

  #signed (key: AgentKey, statement: Buffer, signature: Buffer): boolean {
    try {
      return verify(null, statement, this.#verifyingKey(key), signature)
    } catch {
      // What is registered as its public half is none.
      return false
    }
  }

  #verifyingKey ({ keyId, publicKey }: AgentKey): KeyObject {
    const known = this.#verifying.get(keyId)
    if (known !== undefined) return known
    const made = verifyingKeyFrom(publicKey)
    keepNewest(this.#verifying, keyId, made, this.#treesMax)
    return made
  }
}

/** What gave way, if anything had to. */
function keepNewest<V> (map: Map<string, V>, name: string, value: V, most: number): [string, V][] {
  const [oldest] = map
  const gone = map.size >= most && oldest !== undefined ? [oldest] : []
  for (const [key] of gone) map.delete(key)
  map.set(name, value)
  return gone
}
