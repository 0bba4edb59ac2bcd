import { describe, expect, test } from '@jest/globals'
import { csvCell, csvHeading, csvLine } from './csv.ts'
import { eventFields, eventItem } from './event-fields.ts'

test.each([
  ['plain', 'plain'], ['a,b', '"a,b"'], ['say "x"', '"say ""x"""'], ['two\nlines', '"two\nlines"'], ['', '""'], [null, ''], [undefined, ''], [0, '0'], [true, 'true'], [-5, '-5'],
  [{ model: 'm' }, '"{""model"":""m""}"']
])('%j is the cell %s', (value, cell) => expect(csvCell(value)).toBe(cell))

test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('%j is no formula to a spreadsheet', text => expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/))

describe('an event', () => {
  test('has a cell for each heading', () => {
    expect(csvHeading.split(',')).toHaveLength(eventFields.length)
    expect(csvLine({ event_id: 'e', at: new Date(0) })).toBe(`e,1970-01-01T00:00:00.000Z${','.repeat(eventFields.length - 2)}\r\n`)
  })

  test('shows times beyond the calendar, and null for what it does not have', () => {
    expect(eventItem({ event_id: 'e', issued_at: Infinity, due_at: -Infinity })).toMatchObject({ eventId: 'e', issuedAt: 'infinity', dueAt: '-infinity', source: null, at: null })
  })
})
