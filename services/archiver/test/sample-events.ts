// Audit events for tests and for the benchmark: complete, with the given differences.

import type { AuditEvent, AuditStory } from '@mesh/schemas'

export function sampleEvent (changes: Partial<AuditEvent> & Pick<AuditEvent, 'eventId' | 'atMs'>): AuditEvent {
  return {
    decision: 'delivered', outcome: null, reason: null, dispatchId: 'd1', workflowId: 'w1', parentId: null, inReplyTo: null, hop: 0, attempt: 1,
    type: 'request', source: 'lead-bot', sourceVersion: '1.0.0', sourceInstance: 'lead-bot-1', target: 'memory', targetVersion: '1.0.0',
    capability: 'memory_lookup', priority: 2, payloadHash: 'q83vEjRWeJASNFZ4kKvN7w', payloadHashKeyId: 'k1', payloadBytes: 300,
    appendedAtMs: changes.atMs - 5, issuedAtMs: changes.atMs - 7, deadlineAtMs: changes.atMs + 30_000, replyPartition: 3, latencyMs: 5, agentMs: null,
    handlerMs: null, circuit: null, fallbackFor: null, idempotencyKey: null, idleTimeoutMs: null, follows: null,
    usage: null, ingress: { topic: 'mesh.dispatch.p2', partition: 0, offset: 1 }, deliveredTo: 'mesh.inbox.memory.p2', controlOffset: 12, task: 0,
    claimedPriority: null, dueAtMs: null, quota: null, expectedWaitMs: null, decidedBy: 'coordinator-1', ...changes
  }
}

export function sampleStory (...events: AuditEvent[]): AuditStory {
  return { events, eventsDropped: 0 }
}
