// What was sealed of an event: derived from its row in the archive alone.
//
// Invariants:
//   R1. Every column of `events` is part of it, but for its place in the log; so a column that comes later is sealed, too. A column
//       without a value is left out, so that what was sealed before the column came stays what it was.
//   R2. Two different values of a column never look the same: whole numbers beyond 2^53 are texts, times have milliseconds.

import { canonicalJson, type Json } from './canonical.ts'

/** A column of a query's result, as PostgreSQL describes it. */
export interface RowField {
  readonly name: string
  /** The type's OID. */
  readonly dataTypeID: number
}

export type SealedEvent = Readonly<Record<string, Json>>

const placeColumns: ReadonlySet<string> = new Set(['log', 'leaf_index'])
const timestamptz = 1184
const int8 = 20

/** From a row as node-postgres reads it. */
export function sealedEventOf (fields: readonly RowField[], row: Readonly<Record<string, unknown>>): SealedEvent {
  const event: Record<string, Json> = {}
  for (const { name, dataTypeID } of fields) {
    const value = row[name]
    if (value !== null && value !== undefined && !placeColumns.has(name)) event[name] = jsonOf(value, dataTypeID)
  }
  return event
}

export const leafText = (event: SealedEvent): string => canonicalJson(event)

/** A whole number as it is sealed. */
export const sealedNumber = (value: number): number | string => Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value

function jsonOf (value: unknown, typeId: number): Json {
  if (typeId === timestamptz) return instantText(value)
  if (typeId === int8) return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return typeof value === 'number' ? sealedNumber(value) : value as Json
}

/** node-postgres reads a time as a Date, and PostgreSQL's infinity as a number. */
function instantText (value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  if (value === Infinity) return 'infinity'
  return value === -Infinity ? '-infinity' : 'unreadable'
}
