// The example's own tables in PostgreSQL: made at start, reached through one pool a process.
//
// Invariants:
//   D1. Two processes that start at once make the tables once: an advisory lock stands before it.
//   D2. No wait is without bound: for a connection, for a statement, for the database at start.
import { CodedError, type Logger } from '@mesh/runtime'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

export interface Database {
  readonly schema: string
  query<Row extends pg.QueryResultRow> (name: string, text: string, values: readonly unknown[]): Promise<Row[]>
  close (): Promise<void>
}

export interface DatabaseOptions {
  readonly databaseUrl: string
  readonly schema: string
  readonly logger: Logger
  readonly waitMs?: number
}

/** Statements take a millisecond; a few connections keep up with what one process can ask. */
const connectionsMax = 4
const connectMs = 5_000
const statementMs = 10_000
const waitMsDefault = 30_000
const retryMs = 250
/** Conversations are personal; nobody comes back to one after this. */
const keptDays = 30

export async function openDatabase ({ databaseUrl, schema, logger, waitMs = waitMsDefault }: DatabaseOptions): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: databaseUrl, max: connectionsMax, connectionTimeoutMillis: connectMs, idleTimeoutMillis: 0,
    query_timeout: statementMs, statement_timeout: statementMs, keepAlive: true, application_name: 'mesh-example-agents'
  })
  pool.on('error', error => logger.warn({ reason: error.message }, 'idle database connection lost'))
  try {
    await makeTables(pool, schema, logger, performance.now() + waitMs)
  } catch (error) {
    await pool.end()
    throw error
  }
  return {
    schema,
    query: async (name, text, values) => (await pool.query({ name, text, values: [...values] })).rows,
    close: () => pool.end()
  }
}

async function makeTables (pool: pg.Pool, schema: string, logger: Logger, overAtMs: number): Promise<void> {
  for (;;) {
    try {
      await pool.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('mesh.example.${schema}', 0)); ${tablesOf(schema)} COMMIT`)
      return
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (performance.now() >= overAtMs) throw new CodedError('DATABASE_UNREACHABLE', `The tables of ${schema} could not be made (${code ?? message}). Is DATABASE_URL right?`, { cause: error })
      logger.info({ problem: code ?? message }, 'waiting for PostgreSQL')
      await pause(retryMs)
    }
  }
}

const tablesOf = (schema: string): string => `
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.conversations (
  workflow_id text PRIMARY KEY, conversation_id text NOT NULL, turns int NOT NULL, state jsonb NOT NULL,
  offered jsonb, offered_ids text[] NOT NULL, advisor jsonb, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS ${schema}.turns (
  workflow_id text NOT NULL REFERENCES ${schema}.conversations ON DELETE CASCADE, turn int NOT NULL, dispatch_id text NOT NULL UNIQUE,
  said text NOT NULL, reply text NOT NULL, intent text NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (workflow_id, turn));
CREATE TABLE IF NOT EXISTS ${schema}.contacts (
  lead_id text PRIMARY KEY, conversation_id text NOT NULL, name text, email text, phone text, area text, beds int, budget_max_dollars bigint,
  goal text NOT NULL, property_name text, visit_date text, score int, temperature text, advisor_name text,
  turn int NOT NULL, dispatch_id text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS ${schema}.turn_counts (
  day date NOT NULL, intent text NOT NULL, area text NOT NULL, turns bigint NOT NULL, PRIMARY KEY (day, intent, area));
CREATE TABLE IF NOT EXISTS ${schema}.counted_turns (dispatch_id text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
DELETE FROM ${schema}.conversations WHERE updated_at < now() - interval '${keptDays} days';
DELETE FROM ${schema}.counted_turns WHERE at < now() - interval '${keptDays} days';
`
