// Rows of the archive's `events` as what a trace is made of: which columns to ask for, and what becomes of them.
import type { ArchivedEvent } from './trace-tree.ts'

type Instant = Date | number

/** PostgreSQL's bigint arrives as a text or a number, its infinity as a number. */
export interface ArchivedRow {
  readonly at: Instant
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly dispatch_id: string
  readonly parent_id: string | null
  readonly in_reply_to: string | null
  readonly type: string | null
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly priority: number | null
  readonly appended_at: Instant
  readonly latency_ms: string | number
  readonly agent_ms: string | number | null
  readonly ingress_topic: string
  readonly ingress_partition: number
  readonly ingress_offset: string | number
  readonly due_at: Instant | null
}

export const archivedColumns = `at, decision, outcome, reason, dispatch_id, parent_id, in_reply_to, type, source, target, capability, priority,
  appended_at, latency_ms, agent_ms, ingress_topic, ingress_partition, ingress_offset, due_at`

export function toArchivedEvent (row: ArchivedRow): ArchivedEvent {
  const { decision, outcome, reason, type, source, target, capability, priority } = row
  return {
    decision, outcome, reason, type, source, target, capability, priority,
    dispatchId: row.dispatch_id, parentId: row.parent_id, inReplyTo: row.in_reply_to,
    topic: row.ingress_topic, partition: row.ingress_partition, offset: Number(row.ingress_offset),
    latencyMs: Number(row.latency_ms), agentMs: row.agent_ms === null ? null : Number(row.agent_ms),
    appendedAtMs: Number(row.appended_at), atMs: Number(row.at), dueAtMs: row.due_at === null ? null : Number(row.due_at)
  }
}
