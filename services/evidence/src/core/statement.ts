// What the log of statements holds: the archiver's own log, whose root the checkpoints sign. A statement is a leaf, as canonical JSON.
//
//   origin   the first one: how many events were archived before there was a log, and before which time they lie
//   heads    at each checkpoint: size and root of the log of each task, so that one signature commits to all of them
//   ingress_day  once a day is over: the positions of its committed ingress records, so that completeness can be asked after the
//            topics have lost them
//
// Whoever reads one kind passes over the others.

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

/** Of the committed records of one day in one partition of ingress. */
export interface IngressPositions {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly records: number
  /** Over all of its positions; hex (`digestOf` of @mesh/completeness). */
  readonly digest: string
}

export interface IngressDay {
  /** YYYY-MM-DD in UTC. */
  readonly day: string
  readonly partitions: readonly IngressPositions[]
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

export function ingressDayStatement ({ day, partitions }: IngressDay): Json {
  const ordered = [...partitions].sort((a, b) => a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)
  const told = ordered.map(({ topic, partition, firstOffset, lastOffset, records, digest }) => ({ topic, partition, firstOffset, lastOffset, records, digest }))
  return { format: logFormat, kind: 'ingress_day', day, partitions: told }
}

/** How the text of a day's statement begins: its keys are in canonical order, and no other kind begins so. */
export const ingressDayPrefix = (day: string): string => `{"day":"${day}",`

export function ingressDayFrom (statement: Json): IngressDay | undefined {
  const fields = fieldsOf(statement, 'ingress_day')
  if (fields === undefined || typeof fields.day !== 'string' || !Array.isArray(fields.partitions)) return undefined
  const partitions = (fields.partitions as readonly Json[]).map(positionsFrom)
  return partitions.includes(undefined) ? undefined : { day: fields.day, partitions: partitions as IngressPositions[] }
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

function positionsFrom (value: Json): IngressPositions | undefined {
  const { topic, partition, firstOffset, lastOffset, records, digest } = (value ?? {}) as Fields
  if (typeof topic !== 'string' || typeof digest !== 'string' || !isCount(partition) || !isCount(firstOffset) || !isCount(lastOffset) || !isCount(records)) return undefined
  return { topic, partition, firstOffset, lastOffset, records, digest }
}
