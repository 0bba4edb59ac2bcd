// A record of a query as a row of `queries`: its columns, their types and cells.

import type { ArchiveQuery } from '@mesh/schemas'
import { optional, type RowColumn } from './change-columns.ts'
import { instant, withoutNul } from './event-columns.ts'

export const queryColumns: readonly RowColumn<ArchiveQuery>[] = [
  { name: 'query_id', type: 'text', cell: query => withoutNul(query.queryId) },
  { name: 'phase', type: 'text', cell: query => query.phase },
  { name: 'at', type: 'timestamptz', cell: query => instant(query.atMs) },
  { name: 'who', type: 'text', cell: query => withoutNul(query.who) },
  { name: 'role', type: 'text', cell: query => withoutNul(query.role) },
  { name: 'team', type: 'text', cell: query => optional(query.team) },
  { name: 'token_id', type: 'text', cell: query => optional(query.tokenId) },
  { name: 'route', type: 'text', cell: query => withoutNul(query.route) },
  { name: 'parameters', type: 'jsonb', cell: query => withoutNul(query.parameters) },
  { name: 'outcome', type: 'text', cell: query => withoutNul(query.outcome) },
  { name: 'rows', type: 'bigint', cell: query => query.rows },
  { name: 'duration_ms', type: 'bigint', cell: query => query.durationMs }
]
