// Traces from the hot tier in Redis: what it can vouch for wholly, it answers; all else is left to the archive.
//
// T1. The hot tier says since when it holds everything. A workflow may be older than that, so the archive is asked whether it is: one
//     look at an index in place of all rows.
// T2. Redis away, slow or incomplete is as if there were no hot tier.

import type { HotReader } from '@mesh/hot-index'
import { archivedFromEvent } from '@mesh/trace'
import type { ArchiveReader } from './postgres.ts'
import type { TraceSource } from './trace-source.ts'

export function hotTraces (hot: Pick<HotReader, 'eventsOfDispatch' | 'eventsOfWorkflow'>, archive: Pick<ArchiveReader, 'rows'>, table: string): TraceSource {
  return {
    async workflowOf (dispatchId) {
      const found = await hot.eventsOfDispatch(dispatchId)
      return found.outcome === 'complete' ? found.value.find(({ workflowId }) => workflowId !== null)?.workflowId ?? undefined : undefined
    },
    async eventsOf (workflowId, eventsMax, signal) {
      const found = await hot.eventsOfWorkflow(workflowId)
      if (found.outcome !== 'complete') return undefined
      const older = await archive.rows({ text: `SELECT 1 FROM ${table} WHERE workflow_id = $1 AND at < $2 LIMIT 1`, values: [workflowId, new Date(found.sinceMs)] }, signal)
      if (older.length > 0) return undefined
      return found.value.filter(({ dispatchId }) => dispatchId !== null).slice(0, eventsMax).map(archivedFromEvent)
    }
  }
}
