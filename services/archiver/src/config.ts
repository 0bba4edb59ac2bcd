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
  countEveryMs: {
    env: 'MESH_ARCHIVER_COUNT_EVERY_MS',
    schema: z.coerce.number().int().min(100).max(600_000).default(5_000),
    doc: 'Pause between two counts of ingress records against the archive, milliseconds.'
  }
})
