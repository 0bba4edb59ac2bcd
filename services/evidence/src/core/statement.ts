// What the log of statements holds: the archiver's own log, whose root the checkpoints sign. A statement is a leaf, as canonical JSON.
//
//   origin   the first one: how many events were archived before there was a log, and before which time they lie
//   heads    at each checkpoint: size and root of the log of each task, so that one signature commits to all of them
//
// Statements of other kinds may stand between them (the positions of a day); whoever reads this one passes over them.

import type { Hash } from '@mesh/signing/merkle'
import type { Json } from './canonical.ts'
import { base64Of, hashFromBase64 } from './note.ts'

export const logFormat = 'mesh.audit-log.v1'
/** The log of statements, beside those of the tasks, which are numbered from 0. */
export const statementLog = -1

export interface LogHead {
  readonly log: number
  readonly size: number
  readonly root: Hash
}

export interface Heads {
  readonly atMs: number
  readonly heads: readonly LogHead[]
}

export interface Origin {
  readonly atMs: number
  readonly unsealedEvents: number
  /** No event without a place in a log lies at or after this time; null where there is none. */
  readonly unsealedBeforeMs: number | null
}

type Fields = { readonly [key: string]: Json }

export function headsStatement ({ atMs, heads }: Heads): Json {
  const ordered = [...heads].sort((a, b) => a.log - b.log)
  return { format: logFormat, kind: 'heads', at: isoOf(atMs), heads: ordered.map(({ log, size, root }) => ({ log, size, root: base64Of(root) })) }
}

export function originStatement ({ atMs, unsealedEvents, unsealedBeforeMs }: Origin): Json {
  return { format: logFormat, kind: 'origin', at: isoOf(atMs), unsealedEvents, unsealedBefore: unsealedBeforeMs === null ? null : isoOf(unsealedBeforeMs) }
}

/** Undefined where the statement is of another kind, or none. */
export function headsFrom (statement: Json): Heads | undefined {
  const fields = fieldsOf(statement, 'heads')
  const atMs = instantOf(fields?.at)
  if (fields === undefined || atMs === undefined || !Array.isArray(fields.heads)) return undefined
  const heads = (fields.heads as readonly Json[]).map(headFrom)
  return heads.includes(undefined) ? undefined : { atMs, heads: heads as LogHead[] }
}

export function originFrom (statement: Json): Origin | undefined {
  const fields = fieldsOf(statement, 'origin')
  const atMs = instantOf(fields?.at)
  const beforeMs = fields?.unsealedBefore === null ? null : instantOf(fields?.unsealedBefore)
  if (fields === undefined || atMs === undefined || beforeMs === undefined || !isCount(fields.unsealedEvents)) return undefined
  return { atMs, unsealedEvents: fields.unsealedEvents, unsealedBeforeMs: beforeMs }
}

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Of a time as `Date.toISOString` writes it; anything else is none. */
export function instantOf (value: Json | undefined): number | undefined {
  if (typeof value !== 'string') return undefined
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) || isoOf(atMs) !== value ? undefined : atMs
}

export const isoOf = (atMs: number): string => new Date(atMs).toISOString()

function fieldsOf (statement: Json, kind: string): Fields | undefined {
  if (statement === null || typeof statement !== 'object' || Array.isArray(statement)) return undefined
  const fields = statement as Fields
  return fields.kind === kind && fields.format === logFormat ? fields : undefined
}

function headFrom (value: Json): LogHead | undefined {
  const { log, size, root } = (value ?? {}) as Fields
  const hash = typeof root === 'string' ? hashFromBase64(root) : undefined
  return isCount(log) && isCount(size) && hash !== undefined ? { log, size, root: hash } : undefined
}
