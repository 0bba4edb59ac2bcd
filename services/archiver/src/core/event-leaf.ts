// What is sealed of an event before its row exists: the same text that `@mesh/evidence` derives from the row.
//
// L1. Each column's cell is what COPY reads, so row and leaf say the same; a test holds them together, another one the row read back.

import { sealedNumber, sha256, type Hash } from '@mesh/evidence/log'
import { eventColumns, withoutNul, type EventCell, type EventCells } from './event-columns.ts'

// Both orders are fixed, so each is made once.
const columns = eventColumns.map(({ name, json }, at) => ({ name, key: `${JSON.stringify(name)}:`, at, json })).sort((a, b) => a.name < b.name ? -1 : 1)

export const eventLeaf = (cells: EventCells): Hash => sha256.leaf(Buffer.from(eventLeafText(cells)))

export function eventLeafText (cells: EventCells): string {
  let text = ''
  for (const { key, at, json } of columns) {
    const value = cells[at]!
    if (value === null) continue
    text += text === '' ? key : `,${key}`
    // A cell of JSON is in its canonical form already.
    text += json === true ? String(value) : cellJson(value)
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
