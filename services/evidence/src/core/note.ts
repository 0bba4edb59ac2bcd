// A checkpoint as C2SP tlog-checkpoint writes it, in the form of a signed note (C2SP signed-note).
//
//   mesh/audit                          origin: which log
//   17                                  how many statements
//   q83v…=                              their Merkle root, base64
//
//   — mesh/audit Az3grlgtzPICa5OS8npV…  name and base64 of: key id (4 bytes), Ed25519 signature of the lines above
//
// Invariants:
//   N1. The text that is signed ends with the line end before the empty line; nothing else is signed.
//   N2. A number and a hash have one form: no leading zeros, strict base64.

import type { Hash } from '@mesh/signing/merkle'

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Hash
}

export interface NoteSignature {
  readonly name: string
  readonly keyId: Buffer
  readonly signature: Buffer
}

export interface SignedNote {
  readonly text: string
  readonly checkpoint: Checkpoint
  readonly signatures: readonly NoteSignature[]
}

export const keyIdBytes = 4
export const noteBytesMax = 64 * 1024
const hashBytes = 32
const signaturesMax = 100

export const base64Of = (hash: Hash): string => Buffer.from(hash, 'latin1').toString('base64')

/** Undefined where it isn't the base64 of a hash, in the only form that has. */
export function hashFromBase64 (text: string): Hash | undefined {
  const bytes = strictBase64(text)
  return bytes?.length === hashBytes ? bytes.toString('latin1') : undefined
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64Of(root)}\n`

export function noteOf (text: string, { name, keyId, signature }: NoteSignature): string {
  return `${text}\n— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`
}

/** Undefined where it is no checkpoint in a signed note. */
export function parseNote (note: string): SignedNote | undefined {
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || note.length > noteBytesMax || !note.endsWith('\n') || !note.isWellFormed()) return undefined
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2, -1).split('\n')
  const signatures = lines.map(parseSignature)
  const checkpoint = parseCheckpoint(text)
  if (checkpoint === undefined || signatures.length > signaturesMax || signatures.includes(undefined)) return undefined
  return { text, checkpoint, signatures: signatures as NoteSignature[] }
}

function parseCheckpoint (text: string): Checkpoint | undefined {
  const [origin, sizeText, rootText] = text.split('\n')
  const size = Number(sizeText)
  const root = hashFromBase64(rootText ?? '')
  if (origin === undefined || origin === '' || root === undefined || !Number.isSafeInteger(size) || String(size) !== sizeText || size < 0) return undefined
  return { origin, size, root }
}

function parseSignature (line: string): NoteSignature | undefined {
  const [, name, base64] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? []
  const bytes = strictBase64(base64 ?? '')
  if (name === undefined || bytes === undefined || bytes.length <= keyIdBytes) return undefined
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) }
}

export function strictBase64 (text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
