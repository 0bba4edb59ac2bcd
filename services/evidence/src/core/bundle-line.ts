// The lines of a bundle: each a JSON object in canonical form (RFC 8785), told apart by `kind`.
//
//   bundle       first: format, origin, key (NAME+ID+BASE64), from, to
//   checkpoint   note: a signed note; of several, the one of the greatest size is what all is held against
//   consistency  hashes that prove the first `before` statements to be the beginning of the first `size` (RFC 9162 §2.1.4)
//   log          begins a log: its number, how many leaves follow. Statements (-1) first, then the logs of the tasks
//   subtree      what is left out of a log: the root of 2^level leaves, the position-th of such
//   statement    a leaf of log -1: index, body, and the leaf as it is stored
//   event        a leaf of a task's log: index, the event as its row says, and the leaf as it is stored; one of the two may be missing
//   block        the stored root of 256 leaves that came before, so that a wrong one is found among them
//   unplaced     an event within the time that has no place in a log
//   end          last: how many lines came before

import { NotCanonicalError, parseCanonical, type Json } from './canonical.ts'
import type { Subtree } from './cover.ts'
import { hashFromBase64 } from './note.ts'
import { instantOf, isCount, statementLog } from './statement.ts'
import type { Hash } from '@mesh/signing/merkle'

export const bundleFormat = 'mesh.audit-bundle.v1'
export const lineCharsMax = 8 * 1024 * 1024

export type Fields = Readonly<Record<string, Json>>

export type BundleLine =
  | { readonly kind: 'bundle', readonly origin: string, readonly key: string, readonly fromMs: number, readonly toMs: number }
  | { readonly kind: 'checkpoint', readonly note: string }
  | { readonly kind: 'consistency', readonly before: number, readonly size: number, readonly hashes: readonly Hash[] }
  | { readonly kind: 'log', readonly log: number, readonly size: number }
  | { readonly kind: 'subtree', readonly node: Subtree, readonly hash: Hash }
  | { readonly kind: 'statement' | 'event', readonly index: number, readonly body: Fields | undefined, readonly leaf: Hash | undefined }
  | { readonly kind: 'block', readonly node: Subtree, readonly hash: Hash }
  | { readonly kind: 'unplaced', readonly event: Fields }
  | { readonly kind: 'end', readonly lines: number }

/** What is wrong with it, as a text, where it is no line of a bundle. */
export function parseLine (text: string): BundleLine | string {
  try {
    const value = parseCanonical(text)
    const line = isFields(value) ? lineFrom(value) : undefined
    return line ?? 'it is no line of this format'
  } catch (error) {
    if (error instanceof NotCanonicalError) return error.message
    // A text that is nested too deep for the parser.
    if (error instanceof RangeError) return 'it is nested too deep'
    throw error
  }
}

function lineFrom (fields: Fields): BundleLine | undefined {
  const { kind } = fields
  switch (kind) {
    case 'bundle': return headFrom(fields)
    case 'checkpoint': return typeof fields.note === 'string' ? { kind, note: fields.note } : undefined
    case 'consistency': return consistencyFrom(fields)
    case 'log': return isLog(fields.log) && isCount(fields.size) ? { kind, log: fields.log, size: fields.size } : undefined
    case 'subtree':
    case 'block': return nodeFrom(kind, fields)
    case 'statement':
    case 'event': return leafFrom(kind, fields)
    case 'unplaced': return isFields(fields.event) ? { kind, event: fields.event } : undefined
    case 'end': return isCount(fields.lines) ? { kind, lines: fields.lines } : undefined
    default: return undefined
  }
}

function headFrom ({ format, origin, key, from, to }: Fields): BundleLine | undefined {
  const fromMs = instantOf(from)
  const toMs = instantOf(to)
  if (format !== bundleFormat || typeof origin !== 'string' || typeof key !== 'string' || fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined
  return { kind: 'bundle', origin, key, fromMs, toMs }
}

function consistencyFrom ({ before, size, hashes }: Fields): BundleLine | undefined {
  if (!isCount(before) || !isCount(size) || !Array.isArray(hashes)) return undefined
  const parsed = (hashes as readonly Json[]).map(hashOf)
  return parsed.includes(undefined) ? undefined : { kind: 'consistency', before, size, hashes: parsed as Hash[] }
}

const levelMax = 52

function nodeFrom (kind: 'subtree' | 'block', { level, position, hash }: Fields): BundleLine | undefined {
  const parsed = hashOf(hash)
  return isCount(level) && level <= levelMax && isCount(position) && parsed !== undefined ? { kind, node: { level, position }, hash: parsed } : undefined
}

function leafFrom (kind: 'statement' | 'event', { index, body, leaf }: Fields): BundleLine | undefined {
  const hash = leaf === undefined ? undefined : hashOf(leaf)
  if (!isCount(index) || (body !== undefined && !isFields(body)) || (leaf !== undefined && hash === undefined)) return undefined
  return { kind, index, body, leaf: hash }
}

const hashOf = (value: Json | undefined): Hash | undefined => typeof value === 'string' ? hashFromBase64(value) : undefined
const isLog = (value: Json | undefined): value is number => value === statementLog || isCount(value)

function isFields (value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
