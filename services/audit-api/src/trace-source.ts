// Where a trace comes from. A quicker source may stand before the archive: one that answers undefined is passed over for the next.

import { archivedColumns, type ArchivedEvent, type ArchivedRow, toArchivedEvent } from '@mesh/trace'
import type { ArchiveReader } from './postgres.ts'

export interface TraceSource {
  /** Undefined where the dispatch is not known here. */
  workflowOf (dispatchId: string, signal: AbortSignal): Promise<string | undefined>
  /** The first `eventsMax` events of the workflow that concern a dispatch, oldest first; undefined where it is not, or not wholly, known here. */
  eventsOf (workflowId: string, eventsMax: number, signal: AbortSignal): Promise<readonly ArchivedEvent[] | undefined>
}

export function archiveTraces (archive: Pick<ArchiveReader, 'rows'>, table: string): TraceSource {
  return {
    async workflowOf (dispatchId, signal) {
      const [found] = await archive.rows<{ workflow_id: string }>(
        { text: `SELECT workflow_id FROM ${table} WHERE dispatch_id = $1 AND workflow_id IS NOT NULL LIMIT 1`, values: [dispatchId] }, signal)
      return found?.workflow_id
    },
    async eventsOf (workflowId, eventsMax, signal) {
      const rows = await archive.rows<ArchivedRow>({
        text: `SELECT ${archivedColumns} FROM ${table} WHERE workflow_id = $1 AND dispatch_id IS NOT NULL ORDER BY at, event_id LIMIT $2`, values: [workflowId, eventsMax]
      }, signal)
      return rows.map(toArchivedEvent)
    }
  }
}

/** The first source that knows wins; the last one is the archive, which knows all. */
export function firstKnown (sources: readonly TraceSource[]): TraceSource {
  return {
    async workflowOf (dispatchId, signal) {
      for (const source of sources) {
        const found = await source.workflowOf(dispatchId, signal)
        if (found !== undefined) return found
      }
      return undefined
    },
    async eventsOf (workflowId, eventsMax, signal) {
      for (const source of sources) {
        const found = await source.eventsOf(workflowId, eventsMax, signal)
        if (found !== undefined) return found
      }
      return undefined
    }
  }
}
