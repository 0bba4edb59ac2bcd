// A dispatch's events as rows of the archive.
import type { AuditEvent, CircuitUse } from '@mesh/schemas'
import type { WhyEvent } from './core/why.ts'

type Instant = Date | number | null

/** Numbers of PostgreSQL's bigint arrive as texts. */
export interface StoryRow {
  readonly event_id: string
  readonly at: Instant
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly dispatch_id: string | null
  readonly workflow_id: string | null
  readonly parent_id: string | null
  readonly in_reply_to: string | null
  readonly attempt: number
  readonly type: string | null
  readonly source: string | null
  readonly target: string | null
  readonly target_version: string | null
  readonly capability: string | null
  readonly priority: number | null
  readonly claimed_priority: number | null
  readonly appended_at: Instant
  readonly deadline_at: Instant
  readonly due_at: Instant
  readonly quota: AuditEvent['quota']
  readonly expected_wait_ms: string | null
  readonly latency_ms: string
  readonly agent_ms: string | null
  readonly handler_ms: string | null
  readonly circuit_state: string | null
  readonly circuit_episode: string | null
  readonly circuit_since: Instant
  readonly circuit_is_probe: boolean | null
  readonly fallback_for: string | null
  readonly idempotency_key: string | null
  readonly idle_timeout_ms: string | null
  readonly follows: string | null
  readonly ingress_topic: string
  readonly ingress_partition: number
  readonly ingress_offset: string
  readonly delivered_to: string | null
  readonly control_offset: string
  readonly task: number
  readonly decided_by: string
}

export const storyColumns = `event_id, at, decision, outcome, reason, dispatch_id, workflow_id, parent_id, in_reply_to, attempt, type, source, target, target_version, capability,
  priority, claimed_priority, appended_at, deadline_at, due_at, quota, expected_wait_ms, latency_ms, agent_ms, handler_ms, circuit_state, circuit_episode, circuit_since,
  circuit_is_probe, fallback_for, idempotency_key, idle_timeout_ms, follows, ingress_topic, ingress_partition, ingress_offset, delivered_to, control_offset, task, decided_by`

export function toWhyEvent (row: StoryRow): WhyEvent {
  const { decision, outcome, reason, attempt, type, source, target, capability, priority, quota, follows, task } = row
  return {
    decision: decision as AuditEvent['decision'], outcome, reason, attempt, type, source, target, capability, priority, quota, follows, task,
    eventId: row.event_id, atMs: Number(row.at), dispatchId: row.dispatch_id, workflowId: row.workflow_id, parentId: row.parent_id, inReplyTo: row.in_reply_to,
    targetVersion: row.target_version, claimedPriority: row.claimed_priority,
    appendedAtMs: Number(row.appended_at), deadlineAtMs: numberOf(row.deadline_at), dueAtMs: numberOf(row.due_at),
    expectedWaitMs: numberOf(row.expected_wait_ms), latencyMs: Number(row.latency_ms), agentMs: numberOf(row.agent_ms), handlerMs: numberOf(row.handler_ms),
    circuit: circuitOf(row), fallbackFor: row.fallback_for, idempotencyKey: row.idempotency_key, idleTimeoutMs: numberOf(row.idle_timeout_ms),
    ingress: { topic: row.ingress_topic, partition: row.ingress_partition, offset: Number(row.ingress_offset) },
    deliveredTo: row.delivered_to, controlOffset: Number(row.control_offset), decidedBy: row.decided_by
  }
}

const numberOf = (value: Instant | string): number | null => value === null ? null : Number(value)

function circuitOf ({ circuit_state: state, circuit_episode: episode, circuit_since: since, circuit_is_probe: isProbe }: StoryRow): CircuitUse | null {
  return state === null ? null : { state, episode: episode ?? '', sinceMs: numberOf(since) ?? 0, isProbe: isProbe === true }
}
