// Audit events for tests, with what a test doesn't name filled in.
import type { AuditEvent } from '@mesh/schemas'

export const atMs = Date.UTC(2030, 0, 2, 3, 4, 5, 678)

export function auditEvent (facts: Partial<AuditEvent>): AuditEvent {
  return {
    eventId: 'mesh.dispatch.p1/2/7', atMs, decision: 'delivered', outcome: null, reason: null, dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null,
    hop: 0, attempt: 1, type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1', target: 'worker', targetVersion: '1.0.0', capability: 'work',
    priority: 1, payloadHash: 'h', payloadHashKeyId: 'local', payloadBytes: 2, appendedAtMs: atMs - 4, issuedAtMs: atMs - 5, deadlineAtMs: null, replyPartition: 0,
    latencyMs: 4, agentMs: null, handlerMs: null, circuit: null, fallbackFor: null, idempotencyKey: null, idleTimeoutMs: null, follows: null, usage: null, ingress: { topic: 'mesh.dispatch.p1', partition: 2, offset: 7 }, deliveredTo: null, controlOffset: 0, task: 2,
    claimedPriority: null, dueAtMs: null, quota: null, expectedWaitMs: null, decidedBy: 'coordinator', ...facts
  }
}
