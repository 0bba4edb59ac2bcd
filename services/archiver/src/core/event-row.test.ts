// There and back: an event as a row (here), and the row as an event again (the hot tier's library).
import { expect, test } from '@jest/globals'
import { eventRowColumns } from '@mesh/hot-index'
import { eventColumns } from './event-columns.ts'

test('whoever reads rows back reads every column that is written', () =>
  expect(eventRowColumns.split(',').map(name => name.trim()).sort()).toEqual(eventColumns.map(({ name }) => name).sort()))
