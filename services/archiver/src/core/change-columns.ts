// A change of control state as a row of `changes`: its columns, their types and cells.
//
// K1. Texts and times can't make a row that PostgreSQL refuses (E2 in event-columns.ts). `before` and `after` must be JSON, as
//     the schema says; a record in which they are not is refused by PostgreSQL and recorded as rejected.

import type { ControlChange } from '@mesh/schemas'
import { instant, withoutNul } from './event-columns.ts'

export interface RowColumn<T> {
  readonly name: string
  readonly type: 'text' | 'timestamptz' | 'jsonb' | 'bigint'
  readonly cell: (row: T) => string | number | null
}

export const optional = (text: string | null): string | null => text === null ? null : withoutNul(text)

export const changeColumns: readonly RowColumn<ControlChange>[] = [
  { name: 'change_id', type: 'text', cell: change => withoutNul(change.changeId) },
  { name: 'at', type: 'timestamptz', cell: change => instant(change.atMs) },
  { name: 'who', type: 'text', cell: change => withoutNul(change.who) },
  { name: 'why', type: 'text', cell: change => optional(change.why) },
  { name: 'entity', type: 'text', cell: change => withoutNul(change.entity) },
  { name: 'before', type: 'jsonb', cell: change => optional(change.before) },
  { name: 'after', type: 'jsonb', cell: change => optional(change.after) }
]
