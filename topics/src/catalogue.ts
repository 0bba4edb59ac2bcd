// Every topic of the mesh. To add one: an object here, then `npm run topics:plan`.
//
// T1. `task` topics have the same number of partitions: partition i of each of them belongs to task i.
// T2. What a new owner restores from is never deleted before it has been folded: deferred is compact only, audit is kept
//     far beyond the archived checkpoint.
// T3. Deadlines count from the broker's append time, so where they begin (dispatch) and where they are decided (audit) the
//     broker sets the time.
// T4. Retention exceeds the longest outage: an offset out of range makes the client begin at the earliest one it finds.
import type { TopicDefinition } from './definition.ts'
import { defaults, limits } from './limits.ts'
import { priorities } from './names.ts'

const MiB = 1024 * 1024
const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
const text = (value: number): string => String(value)

const latencyObjectivesMs = ['200', '500', '2,000', '10,000'] as const

const dispatch = priorities.map((priority): TopicDefinition => ({
  name: `dispatch.p${priority}`,
  key: 'workflow id',
  schemas: ['SignedDispatch', 'Redrive'],
  partitions: 'task',
  cleanup: 'delete',
  config: {
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': text(7 * dayMs),
    'max.message.bytes': text(limits.dispatchMessageBytesMax)
  },
  owner: 'agents',
  reason: `What agents ask for within ${latencyObjectivesMs[priority]} ms; a topic of its own, so that no lower class is in front of it.`
}))

// Compacted topics that every coordinator reads whole at start: small segments, so that compaction reaches them soon.
const control = { 'segment.bytes': text(16 * MiB), 'segment.ms': text(hourMs), 'max.message.bytes': text(limits.controlMessageBytesMax) }
// Entities change seldom, and the archiver keeps every version; so compaction leaves it a day.
const decided = { ...control, 'min.compaction.lag.ms': text(dayMs) }
// Rewritten every few seconds: without a bound on dirt, a start would read hours of it.
const measured = { ...control, 'message.timestamp.type': 'LogAppendTime', 'segment.ms': text(hourMs / 6), 'max.compaction.lag.ms': text(hourMs), 'min.cleanable.dirty.ratio': '0.1' }

export const catalogue: readonly TopicDefinition[] = [
  ...dispatch,
  {
    name: 'deferred',
    key: 'priority/offset of the ingress',
    schemas: ['Deferral'],
    partitions: 'task',
    cleanup: 'compact',
    config: {
      'segment.bytes': text(64 * MiB),
      'segment.ms': text(hourMs),
      'max.compaction.lag.ms': text(6 * hourMs),
      'min.cleanable.dirty.ratio': '0.1',
      'delete.retention.ms': text(dayMs),
      'max.message.bytes': text(limits.deferredMessageBytesMax)
    },
    owner: 'coordinator',
    reason: 'Messages waiting for their time, tombstoned in the transaction that releases them; a new owner folds all of it, so it is compacted soon and nothing in it expires.'
  },
  {
    name: 'audit',
    key: 'workflow id/dispatch id, or position/topic/partition/offset',
    schemas: ['AuditStory'],
    partitions: 'task',
    cleanup: 'compact,delete',
    config: {
      'message.timestamp.type': 'LogAppendTime',
      'min.compaction.lag.ms': text(2 * dayMs),
      'retention.ms': text(30 * dayMs),
      'segment.bytes': text(256 * MiB),
      'segment.ms': text(dayMs),
      'max.message.bytes': text(limits.auditMessageBytesMax)
    },
    owner: 'coordinator',
    reason: 'Every decision, and the changelog that a task is restored from; each record is the whole story of its dispatch, and the archiver has two days to see every step before compaction.'
  },
  {
    name: 'dead-letter',
    key: 'dispatch id, or position/topic/partition/offset',
    schemas: ['DeadLetter'],
    partitions: defaults.deadLetterPartitions,
    cleanup: 'delete',
    config: { 'retention.ms': text(90 * dayMs), 'max.message.bytes': text(limits.deadLetterMessageBytesMax) },
    owner: 'coordinator',
    reason: 'What could not be processed, whole, with the reason; long enough to be looked at and sent again.'
  },
  {
    name: 'registry',
    key: 'agent@version',
    schemas: ['AgentRegistration'],
    partitions: 1,
    cleanup: 'compact',
    config: decided,
    owner: 'registry',
    reason: 'Which agents exist; one partition, so that its offset names a state of the whole.'
  },
  {
    name: 'policies',
    key: 'policy id',
    schemas: [],
    partitions: 1,
    cleanup: 'compact',
    config: decided,
    owner: 'operators',
    reason: 'Which policies hold.'
  },
  {
    name: 'quotas',
    key: 'agent/name or role/name',
    schemas: ['Quota'],
    partitions: 1,
    cleanup: 'compact',
    config: decided,
    owner: 'registry',
    reason: 'How much each role and agent may send.'
  },
  {
    name: 'circuits',
    key: 'agent@version, or heartbeat',
    schemas: ['Circuit'],
    partitions: 1,
    cleanup: 'compact',
    config: measured,
    owner: 'governor',
    reason: 'Which targets are cut off for now.'
  },
  {
    name: 'pressure',
    key: 'agent, or heartbeat',
    schemas: ['Pressure'],
    partitions: 1,
    cleanup: 'compact',
    config: measured,
    owner: 'governor',
    reason: 'How far behind each inbox is.'
  },
  {
    name: 'throttles',
    key: 'agent',
    schemas: [],
    partitions: 1,
    cleanup: 'compact',
    config: measured,
    owner: 'governor',
    reason: 'Who is slowed down for what it costs.'
  },
  {
    name: 'alerts',
    key: 'alert id',
    schemas: ['Alert'],
    partitions: 1,
    cleanup: 'delete',
    config: { 'retention.ms': text(90 * dayMs), 'max.message.bytes': text(limits.controlMessageBytesMax) },
    owner: 'governor',
    reason: 'What an operator should know: circuits that opened and closed, agents that stand still.'
  },
  {
    name: 'changes',
    key: 'entity',
    schemas: ['ControlChange'],
    partitions: 1,
    cleanup: 'delete',
    config: { 'retention.ms': text(90 * dayMs), 'max.message.bytes': text(limits.controlMessageBytesMax) },
    owner: 'registry',
    reason: 'Who changed control state, from what to what and why; the archiver keeps it.'
  },
  {
    name: 'keys',
    key: 'key id',
    schemas: ['AgentKey'],
    partitions: 1,
    cleanup: 'compact',
    config: decided,
    owner: 'registry',
    reason: 'Whose signature is whose; read whole by coordinators and by every agent, because each checks for itself.'
  },
  {
    name: 'checkpoints',
    key: 'origin/size',
    schemas: ['Checkpoint'],
    partitions: 1,
    cleanup: 'delete',
    config: { 'retention.ms': text(3_650 * dayMs), 'max.message.bytes': text(limits.controlMessageBytesMax) },
    owner: 'archiver',
    reason: 'What the archive held at each moment, signed, where nobody who can edit the database can take it back; ten years, since an auditor may ask late.'
  },
  {
    name: 'queries',
    key: 'query id',
    schemas: ['ArchiveQuery'],
    partitions: 1,
    cleanup: 'delete',
    config: { 'retention.ms': text(90 * dayMs), 'max.message.bytes': text(limits.controlMessageBytesMax) },
    owner: 'audit-api',
    reason: 'Who asked the audit archive what; the archiver keeps it.'
  }
]

// Topics that come with an agent's registration.
export const agentCatalogue: readonly TopicDefinition[] = [
  ...priorities.map((priority): TopicDefinition => ({
    name: `inbox.<agent>.p${priority}`,
    key: 'workflow id',
    schemas: ['Delivery'],
    partitions: 'inbox',
    cleanup: 'delete',
    config: { 'retention.ms': text(7 * dayMs), 'max.message.bytes': text(limits.inboxMessageBytesMax) },
    owner: 'coordinator',
    reason: `What the agent shall do within ${latencyObjectivesMs[priority]} ms; written by coordinators only, and its lag is the agent's pressure.`
  })),
  {
    name: 'answers.<agent>',
    key: 'dispatch id of the request; the partition is set by the caller',
    schemas: ['Delivery', 'Notice'],
    partitions: 'answers',
    cleanup: 'delete',
    config: { 'retention.ms': text(2 * dayMs), 'max.message.bytes': text(limits.inboxMessageBytesMax) },
    owner: 'coordinator',
    reason: 'Replies, refusals and signals for the instance that waits; each instance reads one partition. Longer than any deadline.'
  }
]
