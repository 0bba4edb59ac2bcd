import { commonEntries, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

export const config = defineConfig({
  ...commonEntries,
  databaseUrl: {
    env: 'DATABASE_URL',
    schema: z.string().regex(/^postgres(ql)?:\/\//, { error: 'must be a postgres:// address' }),
    doc: 'PostgreSQL database of the archive; for the audit API a role that only reads, or a replica, is enough.',
    secret: true
  },
  auditSchema: {
    env: 'MESH_AUDIT_SCHEMA',
    schema: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, { error: 'must be 1 to 41 of a-z, 0-9 and _, beginning with a letter' }).default('mesh_audit'),
    doc: 'Schema of the archive\'s tables; the archiver makes it.'
  },
  redisUrl: {
    env: 'REDIS_URL',
    schema: z.string().regex(/^rediss?:\/\//, { error: 'must be a redis:// address' }).optional(),
    doc: 'Redis of the archive\'s hot tier, asked for traces first; without it they come from PostgreSQL.',
    secret: true
  },
  apiPort: { env: 'MESH_AUDIT_API_PORT', schema: whole(0, 65_535).default(7440), doc: 'Port of the audit API; 0 for any free one.' },
  apiHost: { env: 'MESH_AUDIT_API_HOST', schema: z.string().min(1).default('127.0.0.1'), doc: 'Address that the audit API listens on; 0.0.0.0 in a container.' },
  jwksFile: {
    env: 'MESH_AUDIT_JWKS',
    schema: z.string().min(1).default('.mesh/audit/jwks.json'),
    doc: 'File with the public keys (a JSON Web Key Set) that tokens are checked with; read again when it changes.'
  },
  publicKey: { env: 'MESH_AUDIT_PUBLIC_KEY', schema: z.string().min(1).optional(), doc: 'One public key in PEM, in place of that file.' },
  issuer: { env: 'MESH_AUDIT_ISSUER', schema: z.string().min(1).default('mesh'), doc: 'Who issues tokens: their `iss`.' },
  audience: { env: 'MESH_AUDIT_AUDIENCE', schema: z.string().min(1).default('mesh-audit-api'), doc: 'Whom tokens are for: their `aud`.' },
  rangeDaysMax: { env: 'MESH_AUDIT_RANGE_DAYS_MAX', schema: whole(1, 400).default(31), doc: 'Days that one query may ask for, at most.' },
  statementMs: { env: 'MESH_AUDIT_STATEMENT_MS', schema: whole(50, 600_000).default(10_000), doc: 'How long one statement may take in PostgreSQL, milliseconds.' },
  searchesMax: { env: 'MESH_AUDIT_SEARCHES_MAX', schema: whole(1, 100).default(8), doc: 'Queries that run at once, exports apart; each has a connection.' },
  exportsMax: { env: 'MESH_AUDIT_EXPORTS_MAX', schema: whole(1, 20).default(2), doc: 'Exports that run at once; each has a connection.' },
  exportRowsMax: { env: 'MESH_AUDIT_EXPORT_ROWS_MAX', schema: whole(1, 1_000_000_000).default(5_000_000), doc: 'Rows of one export, at most; at the bound it is broken off.' }
})
