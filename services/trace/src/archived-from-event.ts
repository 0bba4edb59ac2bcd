// An audit event as what a trace is made of, for whoever has the event itself and not its row.
import type { AuditEvent } from '@mesh/schemas'
import type { ArchivedEvent } from './trace-tree.ts'

export function archivedFromEvent (event: AuditEvent): ArchivedEvent {
  const { decision, outcome, reason, parentId, inReplyTo, type, source, target, capability, priority, ingress } = event
  const { latencyMs, agentMs, appendedAtMs, atMs, dueAtMs } = event
  return {
    decision, outcome, reason, parentId, inReplyTo, type, source, target, capability, priority, latencyMs, agentMs, appendedAtMs, atMs, dueAtMs,
    dispatchId: event.dispatchId ?? '', topic: ingress.topic, partition: ingress.partition, offset: ingress.offset
  }
}
