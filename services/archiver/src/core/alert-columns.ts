// An alert as a row of `alerts`: its columns, their types and cells.

import type { Alert } from '@mesh/schemas'
import { optional, type RowColumn } from './change-columns.ts'
import { instant, withoutNul } from './event-columns.ts'

export const alertColumns: readonly RowColumn<Alert>[] = [
  { name: 'alert_id', type: 'text', cell: alert => withoutNul(alert.alertId) },
  { name: 'at', type: 'timestamptz', cell: alert => instant(alert.atMs) },
  { name: 'kind', type: 'text', cell: alert => withoutNul(alert.kind) },
  { name: 'agent', type: 'text', cell: alert => withoutNul(alert.agent) },
  { name: 'version', type: 'text', cell: alert => optional(alert.version) },
  { name: 'message', type: 'text', cell: alert => withoutNul(alert.message) }
]
