// Keys of checkpoints: Ed25519, named and numbered as C2SP signed-note says.

import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { checkpointText, keyIdBytes, noteOf, strictBase64, type Checkpoint, type SignedNote } from './core/note.ts'

export interface NoteKey {
  readonly name: string
  readonly keyId: Buffer
  /** 32 bytes. */
  readonly publicKey: Buffer
}

/** Ed25519, in the numbering of signed-note. */
const algorithm = 0x01
const publicKeyBytes = 32

export function noteKey (name: string, publicKey: Buffer): NoteKey {
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(algorithm), publicKey]), 'buffer').subarray(0, keyIdBytes)
  return { name, keyId, publicKey }
}

/** NAME+ID+BASE64, the form in which signed-note's own tools show a verifier key. */
export const keyText = ({ name, keyId, publicKey }: NoteKey): string =>
  `${name}+${keyId.toString('hex')}+${Buffer.concat([Buffer.of(algorithm), publicKey]).toString('base64')}`

/** Undefined where the text isn't one. */
export function keyFromText (text: string): NoteKey | undefined {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? []
  const bytes = strictBase64(base64 ?? '')
  if (name === undefined || bytes === undefined || bytes.length !== 1 + publicKeyBytes || bytes[0] !== algorithm) return undefined
  const key = noteKey(name, bytes.subarray(1))
  return key.keyId.toString('hex') === id ? key : undefined
}

export function signedNote (checkpoint: Checkpoint, key: NoteKey, privateKey: KeyObject): string {
  const text = checkpointText(checkpoint)
  return noteOf(text, { name: key.name, keyId: key.keyId, signature: sign(null, Buffer.from(text), privateKey) })
}

export type SignatureVerdict = 'good' | 'forged' | 'other-key'

/** Signatures of others (witnesses) may stand beside the key's own. */
export function checkSignature ({ text, signatures }: SignedNote, key: NoteKey): SignatureVerdict {
  const own = signatures.filter(({ name, keyId }) => name === key.name && keyId.equals(key.keyId))
  if (own.length === 0) return 'other-key'
  return own.every(({ signature }) => isSigned(text, signature, key)) ? 'good' : 'forged'
}

function isSigned (text: string, signature: Buffer, { publicKey }: NoteKey): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' })
    return verify(null, Buffer.from(text), key, signature)
  } catch {
    // 32 bytes that are no point of the curve.
    return false
  }
}
