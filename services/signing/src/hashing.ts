// SHA-256, as the tree wants it (RFC 6962 §2.1) and as ids do.
import { hash } from 'node:crypto'
import type { Digest } from './core/chain.ts'
import type { Hashing } from './core/merkle.ts'

const leafByte = 0x00
const nodeByte = 0x01
// Nothing here waits, so one is enough.
const pair = Buffer.alloc(65, nodeByte)

export const sha256: Hashing = {
  leaf (body) {
    const bytes = Buffer.allocUnsafe(1 + body.length)
    bytes[0] = leafByte
    bytes.set(body, 1)
    return hash('sha256', bytes, 'binary') // Node's other word for latin1
  },
  node (left, right) {
    pair.write(left, 1, 'latin1')
    pair.write(right, 33, 'latin1')
    return hash('sha256', pair, 'binary')
  }
}

export const digest: Digest = text => hash('sha256', text, 'buffer')
