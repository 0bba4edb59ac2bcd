// What is sealed of an event before its row exists: the same text that `@mesh/evidence` derives from the row.
//
// L1. Each column's cell is what COPY reads, so row and leaf say the same; a test holds them together, another one the row read back.

import type { AuditEvent } from '@mesh/schemas'
import { canonicalJson, sealedNumber, sha256, type Hash, type Json } from '@mesh/evidence/log'
import { eventColumns, withoutNul, type EventCell } from './event-columns.ts'

// Both orders are fixed, so each is made once.
const columns = [...eventColumns].sort((a, b) => a.name < b.name ? -1 : 1).map(({ name, cell, json }) => ({ key: `${JSON.stringify(name)}:`, cell, json }))

export const eventLeaf = (event: AuditEvent): Hash => sha256.leaf(Buffer.from(eventLeafText(event)))

export function eventLeafText (event: AuditEvent): string {
  let text = ''
  for (const { key, cell, json } of columns) {
    const value = cell(event)
    if (value === null) continue
    text += text === '' ? key : `,${key}`
    text += json === true ? canonicalJson(JSON.parse(String(value)) as Json) : cellJson(value)
  }
  return `{${text}}`
}

/** Printable ASCII without quote and backslash. */
const plain = /^[ !#-[\]-~]*$/

function cellJson (value: NonNullable<EventCell>): string {
  if (typeof value !== 'string') return Number.isSafeInteger(value) ? String(value) : JSON.stringify(sealedNumber(value))
  // Nearly all: nothing to escape and nothing to mend.
  if (plain.test(value)) return `"${value}"`
  // As they arrive in PostgreSQL: no NUL, and no half of a surrogate pair.
  const text = value.includes('\u0000') ? withoutNul(value) : value
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed())
}
