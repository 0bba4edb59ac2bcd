// The archive's tables: SQL files in ../migrations, applied in order, by one archiver at a time.
//
// M1. node-pg-migrate holds its advisory lock meanwhile; a second archiver waits for it and then finds nothing to do.

import type { Logger } from '@mesh/runtime'
import { runner } from 'node-pg-migrate'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const connectMs = 5_000
const folder = fileURLToPath(new URL('../migrations', import.meta.url))

export interface MigrationOptions {
  readonly databaseUrl: string
  readonly schema: string
  readonly logger: Logger
}

export async function migrate ({ databaseUrl, schema, logger }: MigrationOptions): Promise<void> {
  const note = (message: string): void => { logger.debug({ schema }, message) }
  await runner({
    databaseUrl: { connectionString: databaseUrl, connectionTimeoutMillis: connectMs, application_name: 'mesh-archiver-migration' },
    dir: folder,
    direction: 'up',
    schema,
    createSchema: true,
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    logger: { info: note, debug: note, warn: note, error: message => { logger.error({ schema }, String(message)) } }
  })
}

/** Throws where the tables are not those of this version: their owner has to make them so. */
export async function isMigrated ({ databaseUrl, schema }: MigrationOptions): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: connectMs, application_name: 'mesh-archiver-migration' })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${schema}.migrations`)
    const made = new Set(rows.map(({ name }) => name))
    const missing = readdirSync(folder).map(file => file.replace(/\.sql$/, '')).filter(name => !made.has(name))
    if (missing.length > 0) throw new Error(`migrations ${missing.join(', ')} are not made, and MESH_ARCHIVER_MIGRATE is off; let the owner of schema ${schema} make them`)
  } finally {
    await client.end()
  }
}
