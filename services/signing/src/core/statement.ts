// The bytes that a key signs. Each kind of statement begins with a name of its own, so that no signature can stand for
// something else than it was made for.
//
// Invariant: different facts give different bytes: texts end with a zero byte, which none of them may hold; numbers and hashes
// have a fixed length.
import type { Hash } from './merkle.ts'

const batchContext = 'mesh.signed-batch.v1'
const possessionContext = 'mesh.key-possession.v1'

/** What the signature of a batch covers: whose key says it, how many bodies there are, and the root over them. */
export function batchStatement (keyId: string, size: number, root: Hash): Buffer {
  const count = Buffer.allocUnsafe(2)
  count.writeUInt16BE(size)
  return Buffer.concat([textsOf(batchContext, keyId), count, Buffer.from(root, 'latin1')])
}

/** What shows that whoever registers a key for an agent holds its private half. */
export const possessionStatement = (agent: string, keyId: string): Buffer => textsOf(possessionContext, agent, keyId)

const textsOf = (...texts: readonly string[]): Buffer => Buffer.from(texts.map(text => `${text}\0`).join(''))
