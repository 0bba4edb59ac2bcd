// Fills an archive with plausible events, quickly: for benchmarks and for looking at plans.
//
//   DATABASE_URL=postgres://… node services/audit-api/scripts/fill-archive.ts SCHEMA [events] [days]
//
// Workflows of 12 dispatches in a tree, each a delivery and most an outcome: 22 events a workflow. Twelve agents with unequal
// shares, 40 reasons for what is refused, days up to yesterday. SCHEMA must be there (the archiver's migrations make it) and
// is meant to be thrown away.

import pg from 'pg'

export interface Filling {
  readonly databaseUrl: string
  readonly schema: string
  readonly events: number
  readonly days: number
  readonly onProgress?: (text: string) => void
}

const dispatchesEach = 12
const eventsEach = 22
const dayMs = 86_400_000

export async function fillArchive ({ databaseUrl, schema, events, days, onProgress = () => undefined }: Filling): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`SET search_path = ${pg.escapeIdentifier(schema)}, pg_catalog; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET timezone = 'UTC'`)
  const workflowsADay = Math.ceil(events / eventsEach / days)
  const firstDayMs = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs
  for (let day = 0; day < days; day++) {
    const startedMs = performance.now()
    const from = new Date(firstDayMs + day * dayMs).toISOString()
    const to = new Date(firstDayMs + (day + 1) * dayMs).toISOString()
    const table = `events_${from.slice(0, 10).replaceAll('-', '')}`
    await client.query('BEGIN')
    await client.query(`CREATE TABLE ${table} (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
    await client.query(daySql(table), [from, workflowsADay, day])
    // As the archiver does it: made alone, then attached, which makes the indexes.
    await client.query(`ALTER TABLE events ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`)
    await client.query('COMMIT')
    await client.query(`VACUUM (ANALYZE) ${table}`)
    onProgress(`${from.slice(0, 10)}: ${workflowsADay * eventsEach} events in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`)
  }
  await client.query('ANALYZE events')
  await client.end()
}

/** Rows in the order of time, as they are archived. Dispatch n of a workflow is below dispatch (n - 1) / 2. */
const daySql = (table: string): string => `
  INSERT INTO ${table} (event_id, at, decision, outcome, reason, dispatch_id, workflow_id, parent_id, hop, attempt, type, source, source_version, source_instance, target, target_version,
    capability, priority, payload_hash, payload_hash_key_id, payload_bytes, appended_at, issued_at, deadline_at, latency_ms, agent_ms, usage, ingress_topic, ingress_partition, ingress_offset,
    delivered_to, control_offset, task, decided_by)
  WITH agents AS (SELECT ARRAY['orchestrator', 'lead-bot', 'intent-decoder', 'memory', 'crm-sync', 'analytics', 'pricing', 'scheduler', 'listing', 'mailer', 'valuer', 'human-gateway'] AS names),
  dispatches AS (
    SELECT w, n, $1::timestamptz + (w::float8 / $2::int) * interval '86300 s' + n * interval '40 ms' AS appended_at,
      md5($3::int || '/' || w) AS workflow, md5($3::int || '/' || w || '/' || n) AS dispatch, CASE n WHEN 0 THEN NULL ELSE md5($3::int || '/' || w || '/' || (n - 1) / 2) END AS parent,
      names[1 + floor(12 * power(random(), 2))::int] AS source, names[1 + floor(12 * power(random(), 2))::int] AS target, random() AS luck, n < ${eventsEach - dispatchesEach} AS is_request
    FROM generate_series(0, $2::int - 1) w CROSS JOIN generate_series(0, ${dispatchesEach - 1}) n CROSS JOIN agents),
  decided AS (
    SELECT *, 'mesh.dispatch.p' || n % 4 || '/' || w % 4 || '/' || w * 12 + n AS position, appended_at + 4 * interval '1 ms' AS at, 4 AS latency_ms,
      CASE WHEN luck < 0.02 THEN 'refused' ELSE 'delivered' END AS decision, CASE WHEN luck < 0.02 THEN 'refused' WHEN NOT is_request THEN 'success' END AS outcome FROM dispatches
    UNION ALL
    SELECT *, 'mesh.dispatch.p' || n % 4 || '/' || w % 4 || '/' || w * 12 + n || '/outcome', appended_at + (20 - 200 * ln(1 - luck * 0.99)) * interval '1 ms',
      (20 - 200 * ln(1 - luck * 0.99))::int, 'completed', CASE WHEN luck > 0.97 THEN 'failure' ELSE 'success' END FROM dispatches WHERE is_request)
  SELECT position, at, decision, outcome, CASE outcome WHEN 'refused' THEN 'REASON_' || (luck * 2000)::int WHEN 'failure' THEN 'HANDLER_FAILED' END, dispatch, workflow, parent,
    floor(log(2, n + 1))::int, 1, CASE WHEN is_request THEN 'request' ELSE 'event' END, source, '1.0.0', source || '-1', target, '1.0.0', 'capability_' || n, n % 4, left(dispatch, 22), 'k1', 300,
    appended_at, appended_at - interval '2 ms', appended_at + interval '30 s', latency_ms, CASE decision WHEN 'completed' THEN latency_ms - 8 END,
    CASE WHEN decision = 'completed' AND luck > 0.7 THEN jsonb_build_object('model', 'm', 'inputTokens', 100, 'outputTokens', 20, 'costMicros', (luck * 1000)::int) END,
    'mesh.dispatch.p' || n % 4, w % 4, w::bigint * 12 + n, 'mesh.inbox.' || target || '.p' || n % 4, 12, w % 4, 'coordinator-1'
  FROM decided ORDER BY at, position`

if (import.meta.main) {
  const [schema, events = '5000000', days = '5'] = process.argv.slice(2)
  const { DATABASE_URL: databaseUrl } = process.env
  if (schema === undefined || databaseUrl === undefined) throw new Error('DATABASE_URL=postgres://… node services/audit-api/scripts/fill-archive.ts SCHEMA [events] [days]')
  await fillArchive({ databaseUrl, schema, events: Number(events), days: Number(days), onProgress: console.log })
}
