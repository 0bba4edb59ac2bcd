import type { AuditEvent } from '@mesh/schemas'

/** A request to looker@1.0.0 that was handed over 100 ms before. */
export const handedOver: AuditEvent = {
  eventId: 'mesh.dispatch.p2/0/7', atMs: 10_000, decision: 'delivered', outcome: null, reason: null, dispatchId: 'd-1', workflowId: 'w-1', parentId: null,
  inReplyTo: null, hop: 0, attempt: 1, type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1', target: 'looker',
  targetVersion: '1.0.0', capability: 'look', priority: 2, payloadHash: null, payloadHashKeyId: '', payloadBytes: 0, appendedAtMs: 9_990, issuedAtMs: 9_980,
  deadlineAtMs: 39_990, replyPartition: 0, claimedPriority: null, dueAtMs: null, quota: null, expectedWaitMs: null, latencyMs: 10, agentMs: null, usage: null,
  ingress: { topic: 'mesh.dispatch.p2', partition: 0, offset: 7 }, deliveredTo: 'mesh.inbox.looker.p2', controlOffset: 0, task: 0, decidedBy: 'coordinator',
  handlerMs: null, circuit: null, fallbackFor: null, idempotencyKey: null, idleTimeoutMs: null, follows: null
}

export const answered: AuditEvent = {
  ...handedOver, eventId: 'mesh.dispatch.p2/0/9/outcome', atMs: 10_100, decision: 'completed', outcome: 'success', latencyMs: 110, agentMs: 90, handlerMs: 60, deliveredTo: null
}
