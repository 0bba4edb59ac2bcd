// Connections to PostgreSQL.
//
// N1. A connection that showed an error is closed, never used again; so is one whose transaction may be open.
// N2. No wait is without bound: connecting and every statement have one.

import type { Logger } from '@mesh/runtime'
import pg from 'pg'

export type { PoolClient } from 'pg'

export interface Connections {
  use<T> (work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close (): Promise<void>
}

export interface ConnectionOptions {
  readonly databaseUrl: string
  readonly connectionsMax: number
  readonly logger: Logger
}

const connectMs = 5_000
const statementMs = 30_000

export function openConnections ({ databaseUrl, connectionsMax, logger }: ConnectionOptions): Connections {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connectionsMax,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs,
    statement_timeout: statementMs,
    keepAlive: true,
    application_name: 'mesh-archiver'
  })
  pool.on('error', error => logger.warn({ reason: error.message }, 'idle database connection lost'))
  // Without a listener an error between two statements would end the process; the next statement reports it. It is there from the
  // beginning: the server may end a connection in the very packet in which it accepts it.
  pool.on('connect', client => { client.on('error', () => undefined) })
  return {
    async use (work) {
      const client = await pool.connect()
      try {
        const result = await work(client)
        client.release()
        return result
      } catch (error) {
        client.release(true)
        throw error
      }
    },
    close: () => pool.end()
  }
}
