// The archive's tables: SQL files in ../migrations, applied in order, by one archiver at a time.
//
// M1. node-pg-migrate holds its advisory lock meanwhile; a second archiver waits for it and then finds nothing to do.

import type { Logger } from '@mesh/runtime'
import { runner } from 'node-pg-migrate'
import { fileURLToPath } from 'node:url'

const connectMs = 5_000

export interface MigrationOptions {
  readonly databaseUrl: string
  readonly schema: string
  readonly logger: Logger
}

export async function migrate ({ databaseUrl, schema, logger }: MigrationOptions): Promise<void> {
  const note = (message: string): void => { logger.debug({ schema }, message) }
  await runner({
    databaseUrl: { connectionString: databaseUrl, connectionTimeoutMillis: connectMs, application_name: 'mesh-archiver-migration' },
    dir: fileURLToPath(new URL('../migrations', import.meta.url)),
    direction: 'up',
    schema,
    createSchema: true,
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    logger: { info: note, debug: note, warn: note, error: message => { logger.error({ schema }, String(message)) } }
  })
}
