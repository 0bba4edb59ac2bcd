// A row of the archive's `events` as the audit event that it was made from.
//
// E1. The reverse of the archiver's columns, for every field of an event; a test goes there and back.

import type { AuditEvent, CircuitUse } from '@mesh/schemas'
import { instantOf } from './archived-form.ts'

/** PostgreSQL's bigint arrives as a text, its infinity as a number. */
export type EventRow = Readonly<Record<string, unknown>>

export const eventRowColumns = `event_id, at, decision, outcome, reason, dispatch_id, workflow_id, parent_id, in_reply_to, hop, attempt, type, source, source_version,
  source_instance, target, target_version, capability, priority, payload_hash, payload_hash_key_id, payload_bytes, appended_at, issued_at, deadline_at, reply_partition,
  latency_ms, agent_ms, usage, ingress_topic, ingress_partition, ingress_offset, delivered_to, control_offset, task, decided_by, claimed_priority, due_at, quota,
  expected_wait_ms, handler_ms, circuit_state, circuit_episode, circuit_since, circuit_is_probe, fallback_for, idempotency_key, idle_timeout_ms, follows`

export function eventOfRow (row: EventRow): AuditEvent {
  const text = (name: string): string => row[name] as string
  const textOrNull = (name: string): string | null => row[name] as string | null
  const number = (name: string): number => Number(row[name])
  const numberOrNull = (name: string): number | null => row[name] === null ? null : Number(row[name])
  const atOrNull = (name: string): number | null => row[name] === null ? null : instantOf(row[name] as Date)
  return {
    eventId: text('event_id'), atMs: instantOf(row['at'] as Date), decision: text('decision') as AuditEvent['decision'], outcome: textOrNull('outcome'),
    reason: textOrNull('reason'), dispatchId: textOrNull('dispatch_id'), workflowId: textOrNull('workflow_id'), parentId: textOrNull('parent_id'),
    inReplyTo: textOrNull('in_reply_to'), hop: number('hop'), attempt: number('attempt'), type: textOrNull('type'), source: textOrNull('source'),
    sourceVersion: textOrNull('source_version'), sourceInstance: textOrNull('source_instance'), target: textOrNull('target'),
    targetVersion: textOrNull('target_version'), capability: textOrNull('capability'), priority: numberOrNull('priority'), payloadHash: textOrNull('payload_hash'),
    payloadHashKeyId: text('payload_hash_key_id'), payloadBytes: number('payload_bytes'), appendedAtMs: instantOf(row['appended_at'] as Date),
    issuedAtMs: atOrNull('issued_at'), deadlineAtMs: atOrNull('deadline_at'), replyPartition: numberOrNull('reply_partition'), claimedPriority: numberOrNull('claimed_priority'),
    dueAtMs: atOrNull('due_at'), quota: row['quota'] as AuditEvent['quota'], expectedWaitMs: numberOrNull('expected_wait_ms'), latencyMs: number('latency_ms'),
    agentMs: numberOrNull('agent_ms'), handlerMs: numberOrNull('handler_ms'), circuit: circuitOf(row), fallbackFor: textOrNull('fallback_for'),
    idempotencyKey: textOrNull('idempotency_key'), idleTimeoutMs: numberOrNull('idle_timeout_ms'), follows: textOrNull('follows'), usage: row['usage'] as AuditEvent['usage'],
    ingress: { topic: text('ingress_topic'), partition: number('ingress_partition'), offset: number('ingress_offset') },
    deliveredTo: textOrNull('delivered_to'), controlOffset: number('control_offset'), task: number('task'), decidedBy: text('decided_by')
  }
}

function circuitOf (row: EventRow): CircuitUse | null {
  const state = row['circuit_state'] as string | null
  if (state === null) return null
  return { state, episode: (row['circuit_episode'] ?? '') as string, sinceMs: instantOf(row['circuit_since'] as Date), isProbe: row['circuit_is_probe'] === true }
}
