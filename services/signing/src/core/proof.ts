// The place of a body in the tree of its signature, as it travels: index and size as 16-bit big-endian numbers, then the path's
// hashes, lowest first. A body that was signed alone has an empty proof.
import { type Hash, pathLength } from './merkle.ts'

/** Bodies under one signature at most: above it the path grows, and a verified root is hardly cheaper for each. */
export const treeSizeMax = 64
export const hashBytes = 32
const headBytes = 4

export interface Place {
  readonly index: number
  readonly size: number
  readonly path: readonly Hash[]
}

const alone: Place = { index: 0, size: 1, path: [] }
const nothing = Buffer.alloc(0)

export function proofOf ({ index, size, path }: Place): Buffer {
  if (size === 1) return nothing
  const bytes = Buffer.allocUnsafe(headBytes + path.length * hashBytes)
  bytes.writeUInt16BE(index, 0)
  bytes.writeUInt16BE(size, 2)
  path.forEach((hash, i) => bytes.write(hash, headBytes + i * hashBytes, 'latin1'))
  return bytes
}

/** Undefined where the bytes are no proof that `proofOf` writes; each place has one form only. */
export function placeFrom (proof: Buffer): Place | undefined {
  if (proof.length === 0) return alone
  if (proof.length < headBytes) return undefined
  const index = proof.readUInt16BE(0)
  const size = proof.readUInt16BE(2)
  if (size < 2 || size > treeSizeMax || index >= size) return undefined
  const length = pathLength(index, size)
  if (proof.length !== headBytes + length * hashBytes) return undefined
  const path = Array.from({ length }, (_, i) => proof.toString('latin1', headBytes + i * hashBytes, headBytes + (i + 1) * hashBytes))
  return { index, size, path }
}
