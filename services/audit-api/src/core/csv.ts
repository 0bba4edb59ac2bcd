// Events as CSV, by RFC 4180.
//
// V1. Lines end with CR LF; a cell with a comma, a quote or a line end is quoted. Null is an empty cell, an empty text a quoted one.
// V2. A text that a spreadsheet would take for a formula begins with an apostrophe: agents choose their names and ids. NDJSON
//     has every text as it is.

import { eventFields, eventItem, type EventRow } from './event-fields.ts'

export const csvHeading = `${eventFields.map(({ name }) => name).join(',')}\r\n`

export function csvLine (row: EventRow): string {
  const item = eventItem(row)
  return `${eventFields.map(({ name }) => csvCell(item[name])).join(',')}\r\n`
}

const formula = /^[=+\-@\t\r]/
const quoted = /[",\r\n]/

export function csvCell (value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const harmless = formula.test(text) ? `'${text}` : text
  return harmless === '' || quoted.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
