// An audit event as the archive has it, whole again.
//
// Invariants:
//   E1. Each field that the archiver writes is read back as it was, but for what PostgreSQL can't hold: NUL in texts, and times
//       beyond the year 9999, which come back as the end of that year.
import type { AuditEvent } from '@mesh/schemas'

type Instant = Date | number
export interface EventRow extends Record<string, unknown> {
  readonly event_id: string
  readonly at: Instant
}

const lastInstantMs = Date.UTC(9999, 11, 31)

export const eventRowColumns = `event_id, at, decision, outcome, reason, dispatch_id, workflow_id, parent_id, in_reply_to, hop, attempt, type, source, source_version, source_instance,
  target, target_version, capability, priority, payload_hash, payload_hash_key_id, payload_bytes, appended_at, issued_at, deadline_at, reply_partition, latency_ms, agent_ms, usage,
  ingress_topic, ingress_partition, ingress_offset, delivered_to, control_offset, task, decided_by, claimed_priority, due_at, quota, expected_wait_ms, handler_ms,
  circuit_state, circuit_episode, circuit_since, circuit_is_probe, fallback_for, idempotency_key, idle_timeout_ms, follows`

export function toAuditEvent (row: EventRow): AuditEvent {
  const text = (name: string): string | null => row[name] as string | null
  const number = (name: string): number | null => row[name] === null ? null : Number(row[name])
  const instant = (name: string): number | null => row[name] === null ? null : instantMs(row[name] as Instant)
  return {
    eventId: row.event_id, atMs: instantMs(row.at), decision: row['decision'] as AuditEvent['decision'], outcome: text('outcome'), reason: text('reason'),
    dispatchId: text('dispatch_id'), workflowId: text('workflow_id'), parentId: text('parent_id'), inReplyTo: text('in_reply_to'), hop: number('hop')!, attempt: number('attempt')!,
    type: text('type'), source: text('source'), sourceVersion: text('source_version'), sourceInstance: text('source_instance'), target: text('target'),
    targetVersion: text('target_version'), capability: text('capability'), priority: number('priority'), payloadHash: text('payload_hash'),
    payloadHashKeyId: text('payload_hash_key_id')!, payloadBytes: number('payload_bytes')!, appendedAtMs: instant('appended_at')!, issuedAtMs: instant('issued_at'),
    deadlineAtMs: instant('deadline_at'), replyPartition: number('reply_partition'), latencyMs: number('latency_ms')!, agentMs: number('agent_ms'),
    usage: row['usage'] as AuditEvent['usage'],
    ingress: { topic: text('ingress_topic')!, partition: number('ingress_partition')!, offset: number('ingress_offset')! },
    deliveredTo: text('delivered_to'), controlOffset: number('control_offset')!, task: number('task')!, decidedBy: text('decided_by')!,
    claimedPriority: number('claimed_priority'), dueAtMs: instant('due_at'), quota: row['quota'] as AuditEvent['quota'], expectedWaitMs: number('expected_wait_ms'),
    handlerMs: number('handler_ms'),
    circuit: text('circuit_state') === null ? null : {
      state: text('circuit_state')!, episode: text('circuit_episode')!, sinceMs: instant('circuit_since')!, isProbe: row['circuit_is_probe'] === true
    },
    fallbackFor: text('fallback_for'), idempotencyKey: text('idempotency_key'), idleTimeoutMs: number('idle_timeout_ms'), follows: text('follows')
  }
}

function instantMs (value: Instant): number {
  const atMs = Number(value)
  if (atMs === Infinity) return lastInstantMs + 1
  return atMs === -Infinity ? -1 : atMs
}
