import { commonEntries, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

export const config = defineConfig({
  ...commonEntries,
  databaseUrl: {
    env: 'DATABASE_URL',
    schema: z.string().regex(/^postgres(ql)?:\/\//, { error: 'must be a postgres:// address' }),
    doc: 'PostgreSQL database of the archive.',
    secret: true
  },
  auditSchema: {
    env: 'MESH_AUDIT_SCHEMA',
    schema: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, { error: 'must be 1 to 41 of a-z, 0-9 and _, beginning with a letter' }).default('mesh_audit'),
    doc: 'Schema of the archive\'s tables; made if it does not exist.'
  },
  runRecordsMax: {
    env: 'MESH_ARCHIVER_RUN_RECORDS_MAX',
    schema: z.coerce.number().int().min(1).max(50_000).default(5_000),
    doc: 'Records archived in one transaction, at most; fewer when fewer are there.'
  },
  sessionMs: {
    env: 'MESH_ARCHIVER_SESSION_MS',
    schema: z.coerce.number().int().min(1_000).max(300_000).default(10_000),
    doc: 'How long a dead archiver keeps its partitions, milliseconds; within what the broker allows.'
  },
  checkpointOrigin: {
    env: 'MESH_CHECKPOINT_ORIGIN',
    schema: z.string().regex(/^[^\s+]{1,100}$/, { error: 'must be 1 to 100 characters without spaces and +' }).optional(),
    doc: 'Name of this archive in its checkpoints, unlike that of any other; the namespace and `/audit` if not set.'
  },
  checkpointEveryMs: {
    env: 'MESH_CHECKPOINT_EVERY_MS',
    schema: z.coerce.number().int().min(100).max(86_400_000).default(60_000),
    doc: 'From one signed checkpoint to the next, while something is archived, milliseconds.'
  },
  checkpointEveryEvents: {
    env: 'MESH_CHECKPOINT_EVENTS',
    schema: z.coerce.number().int().min(1).max(10_000_000).default(100_000),
    doc: 'Events after which a checkpoint is signed earlier.'
  },
  checkpointsFolder: {
    env: 'MESH_CHECKPOINTS_FOLDER',
    schema: z.string().min(1).default('.mesh/checkpoints'),
    doc: 'Folder outside the database in which each checkpoint is kept as a file.'
  },
  checkpointKey: {
    env: 'MESH_CHECKPOINT_KEY',
    schema: z.string().optional(),
    doc: 'Ed25519 key that signs checkpoints (PEM, PKCS #8); the same for all archivers. From its file if not set.',
    secret: true
  },
  checkpointKeyFile: {
    env: 'MESH_CHECKPOINT_KEY_FILE',
    schema: z.string().min(1).default('.mesh/checkpoint-key.pem'),
    doc: 'File of that key, made on the first start, readable by its owner alone.'
  },
  migrates: {
    env: 'MESH_ARCHIVER_MIGRATE',
    schema: z.enum(['on', 'off']).default('on'),
    doc: 'Whether it makes and changes the tables itself; off where DATABASE_URL has the role of a writer and another one owns them.'
  },
  ownerUrl: {
    env: 'MESH_ARCHIVE_OWNER_URL',
    schema: z.string().regex(/^postgres(ql)?:\/\//, { error: 'must be a postgres:// address' }).optional(),
    doc: 'Database login that owns the archive, for migrations and retention alone; DATABASE_URL if not set.',
    secret: true
  },
  retentionDays: {
    env: 'MESH_ARCHIVE_RETENTION_DAYS',
    schema: z.coerce.number().int().min(1).max(36_500).optional(),
    doc: 'Days of events that are kept in PostgreSQL, unless a legal hold keeps more; all if not set.'
  },
  redisUrl: {
    env: 'REDIS_URL',
    schema: z.string().regex(/^rediss?:\/\//, { error: 'must be a redis:// address' }).optional(),
    doc: 'Redis of the hot tier; without it there is none, and readers go to PostgreSQL.',
    secret: true
  },
  hotDays: {
    env: 'MESH_HOT_DAYS',
    schema: z.coerce.number().int().min(1).max(400).default(30),
    doc: 'Days of events that are hot, as far as the bound allows.'
  },
  hotBytesMax: {
    env: 'MESH_HOT_BYTES_MAX',
    schema: z.coerce.number().int().min(1024 * 1024).default(512 * 1024 * 1024),
    doc: 'Memory of Redis for the hot tier, bytes; the oldest hours make room. Never more than four fifths of Redis\'s own maxmemory.'
  },
  hotRebuildEventsPerS: {
    env: 'MESH_HOT_REBUILD_EVENTS_PER_S',
    schema: z.coerce.number().int().min(100).max(1_000_000).default(10_000),
    doc: 'Events a second that are read from PostgreSQL, at most, to fill the hot tier again.'
  },
  countEveryMs: {
    env: 'MESH_ARCHIVER_COUNT_EVERY_MS',
    schema: z.coerce.number().int().min(100).max(600_000).default(5_000),
    doc: 'Pause between two counts of ingress records against the archive, milliseconds.'
  }
})
