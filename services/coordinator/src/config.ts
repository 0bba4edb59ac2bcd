// The only reader of the environment in this process.
import { commonEntries, defineConfig } from '@mesh/runtime'
import { defaults } from '@mesh/topics'
import { z } from 'zod'
import { defaultSeenBounds } from './core/seen-window.ts'

export const coordinatorConfig = defineConfig({
  ...commonEntries,
  coordinatorId: { env: 'MESH_COORDINATOR_ID', schema: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/).default('coordinator'), doc: 'Stable name of this coordinator; a restarted one keeps it.' },
  taskCount: { env: 'MESH_TASKS', schema: z.coerce.number().int().min(1).max(1_000).default(defaults.taskCount), doc: 'Number of tasks: partitions of each dispatch topic.' },
  sessionTimeoutMs: { env: 'MESH_SESSION_TIMEOUT_MS', schema: z.coerce.number().int().min(1_000).max(60_000).default(6_000), doc: 'Silence after which another coordinator takes over, in ms.' },
  transactionTimeoutMs: { env: 'MESH_TRANSACTION_TIMEOUT_MS', schema: z.coerce.number().int().min(500).max(60_000).default(2_000), doc: 'Age at which the broker aborts an open transaction, in ms.' },
  seenWindowMs: { env: 'MESH_DUPLICATE_WINDOW_MS', schema: z.coerce.number().int().min(10_000).max(3_600_000).default(defaultSeenBounds.windowMs), doc: 'How long ids are remembered, in ms.' },
  seenRecordsMax: { env: 'MESH_DUPLICATE_WINDOW_RECORDS', schema: z.coerce.number().int().min(1_000).max(1_000_000).default(defaultSeenBounds.recordsMax), doc: 'How many audit records a restore may have to read, about.' },
  redisUrl: { env: 'REDIS_URL', schema: z.url({ protocol: /^rediss?$/ }), secret: true, doc: 'Redis that counts quotas over all coordinators. Away, each counts a share of its own.' },
  claimPolicy: { env: 'MESH_PRIORITY_CLAIMS', schema: z.enum(['refuse', 'lower']).default('refuse'), doc: 'What becomes of a dispatch that claims a priority it has no right to.' },
  signatures: { env: 'MESH_SIGNATURES', schema: z.enum(['required', 'off']).default('required'), doc: 'Whether each dispatch must be signed by its source; off believes what it says of source and chain.' },
  payloadHashKey: { env: 'MESH_PAYLOAD_HASH_KEY', schema: z.string().min(16).default('a mesh on one machine'), secret: true, doc: 'Key of the payload hash in the audit; the same for all coordinators. The default is for one machine only.' },
  redriveKey: { env: 'MESH_REDRIVE_KEY', schema: z.string().min(16).default('a mesh on one machine'), secret: true, doc: 'Shows that a dead letter is sent again by the registry; the same for registry and coordinators. The default is for one machine only.' },
  payloadHashKeyId: { env: 'MESH_PAYLOAD_HASH_KEY_ID', schema: z.string().min(1).max(64).default('local'), doc: 'Name of that key, kept beside each hash.' }
})
