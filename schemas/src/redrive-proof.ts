// What shows that a redrive was written by the control plane: agents may write to the same topics, but don't have the key.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Redrive } from './generated/records.ts'

/** HMAC-SHA256 over the dispatch, where its dead letter lies, and when it was asked for. */
export function redriveProof (key: Uint8Array, { value, deadLetter: { topic, partition, offset }, atMs }: Omit<Redrive, 'proof'>): Buffer {
  return createHmac('sha256', key).update(`${topic}/${partition}/${offset}/${atMs}/`).update(value).digest()
}

export function isProven (key: Uint8Array, redrive: Redrive): boolean {
  const expected = redriveProof(key, redrive)
  return redrive.proof.length === expected.length && timingSafeEqual(redrive.proof, expected)
}
