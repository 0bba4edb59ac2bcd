// `mesh trace` against the archiver's own tables.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { answer, completed, deferred, dispatched } from '@mesh/trace/fixture'
import type { ArchivedEvent, Hop } from '@mesh/trace'
import { runMesh, startMesh } from './command.ts'

const databaseUrl = process.env.DATABASE_URL ?? ''
const auditSchema = `cli_${randomBytes(4).toString('hex')}`
const environment = { MESH_AUDIT_SCHEMA: auditSchema, DATABASE_URL: databaseUrl }
const trace = (...args: readonly string[]) => runMesh(['trace', ...args], environment)
const baseMs = Date.now()
let client: pg.Client

beforeAll(async () => {
  const dir = fileURLToPath(new URL('../../archiver/migrations', import.meta.url))
  await runner({ databaseUrl, dir, direction: 'up', schema: auditSchema, createSchema: true, migrationsTable: 'migrations', advisoryLockMode: 'wait', log: () => undefined })
  client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`SET search_path TO ${auditSchema}`)
  await client.query('CREATE TABLE events_any PARTITION OF events DEFAULT')
})

afterAll(async () => {
  await client.query(`DROP SCHEMA ${auditSchema} CASCADE`)
  await client.end()
})

async function archive (workflowId: string, events: readonly ArchivedEvent[]): Promise<void> {
  for (const event of events) {
    const appendedAtMs = baseMs + event.appendedAtMs
    await client.query(`INSERT INTO events (event_id, at, decision, outcome, reason, dispatch_id, workflow_id, parent_id, in_reply_to, hop, attempt, type, source, target,
      capability, priority, payload_hash_key_id, payload_bytes, appended_at, latency_ms, agent_ms, ingress_topic, ingress_partition, ingress_offset, control_offset, task, decided_by, due_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 1, $10, $11, $12, $13, $14, '', 0, $15, $16, $17, $18, $19, $20, 0, 0, 'test', $21)`,
    [randomBytes(8).toString('hex'), new Date(baseMs + event.atMs), event.decision, event.outcome, event.reason, event.dispatchId, workflowId, event.parentId,
      event.inReplyTo, event.type, event.source, event.target, event.capability, event.priority, new Date(appendedAtMs), event.latencyMs, event.agentMs,
      event.topic, event.partition, event.offset, event.dueAtMs === null ? null : new Date(baseMs + event.dueAtMs)])
  }
}

// Until a command has looked for events in this schema.
async function lookedAt (): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'mesh-cli' AND query LIKE '%event_id LIMIT%' AND query LIKE $1`, [`%${auditSchema}%`])
    if (rowCount! > 0) return
    await nextTurn()
  }
}

const conversation = (name: string): ArchivedEvent[] => [
  dispatched({ dispatchId: `${name}-turn`, source: 'human-gateway', target: 'orchestrator', outcome: null, offset: 11 }),
  dispatched({ dispatchId: `${name}-ask`, parentId: `${name}-turn`, source: 'orchestrator', outcome: null, appendedAtMs: 5, offset: 9_007_199_254_740_991 }),
  answer({ dispatchId: `${name}-answer`, inReplyTo: `${name}-ask`, appendedAtMs: 20, offset: 13 }),
  completed({ dispatchId: `${name}-ask`, parentId: `${name}-turn`, source: 'orchestrator', appendedAtMs: 5, latencyMs: 17 }),
  dispatched({ dispatchId: `${name}-note`, parentId: `${name}-turn`, type: 'event', decision: 'refused', outcome: 'refused', reason: 'UNKNOWN_CAPABILITY', appendedAtMs: 25 }),
  completed({ dispatchId: `${name}-turn`, source: 'human-gateway', target: 'orchestrator', latencyMs: 40 })
]

describe('a workflow in the archive', () => {
  test('is found by its id, and by the id of any of its dispatches, also an answer', async () => {
    await archive('w-1', conversation('one'))
    await archive('w-2', conversation('two'))
    for (const id of ['w-1', 'one-turn', 'one-answer', 'one-note']) {
      const { code, out } = await trace(id, '--json')
      expect(code).toBe(0)
      expect((JSON.parse(out) as Hop[]).map(({ dispatchId, depth, outcome }) => [dispatchId, depth, outcome]))
        .toEqual([['one-turn', 0, 'success'], ['one-ask', 1, 'success'], ['one-note', 1, 'refused']])
    }
  })

  test('has each hop with its place in Kafka, its latencies and its answer', async () => {
    const hops = JSON.parse((await trace('w-1', '--json')).out) as (Hop & { readFrom: string })[]
    expect(hops[1]).toEqual({
      depth: 1, dispatchId: 'one-ask', parentId: 'one-turn', source: 'orchestrator', target: 'worker', capability: 'work', type: 'request', priority: 1,
      topic: 'mesh.dispatch.p1', partition: 2, offset: 9_007_199_254_740_991, latencyMs: 4, totalMs: 17, agentMs: 40, outcome: 'success', reason: null,
      at: new Date(baseMs + 9).toISOString(), repeats: 0, anomaly: null, wait: null, readFrom: 'archive',
      reply: { dispatchId: 'one-answer', type: 'response', topic: 'mesh.dispatch.p1', partition: 2, offset: 13, latencyMs: 4, at: new Date(baseMs + 24).toISOString() }
    })
  })

  test('is printed a hop a line, plain when nobody watches, coloured when told to', async () => {
    const { out, err } = await trace('w-1')
    expect(err).toBe('')
    expect(out.split('\n')).toHaveLength(7)
    expect(out).toContain('  orchestrator → worker')
    expect(out).toContain('3 hops: 2 success, 1 refused; 40 ms from first append to last outcome')
    expect(out).not.toContain('\u001b')
    expect((await runMesh(['trace', 'w-1'], { ...environment, FORCE_COLOR: '1' })).out).toContain('\u001b[32msuccess')
  })

  test('that waits in the mesh says until when and why; in JSON too', async () => {
    await archive('w-waits', [...deferred({ dispatchId: 'waits', dueAtMs: 60_000 }), ...deferred({ dispatchId: 'waited', dueAtMs: 50, appendedAtMs: 1 }, { atMs: 55 })])
    const until = new Date(baseMs + 60_000).toISOString()
    const hops = JSON.parse((await trace('w-waits', '--json')).out) as Hop[]
    expect(hops.map(({ outcome, wait }) => [outcome, wait?.reason, wait?.waitedMs])).toEqual([[null, 'OVER_QUOTA', null], [null, 'OVER_QUOTA', 50]])
    expect(hops[0]!.wait!.until).toBe(until)
    expect((await trace('w-waits')).out).toContain(`deferred until ${until.slice(11, 23)} OVER_QUOTA`)
  })

  test('that grows is waited for until every request has its outcome', async () => {
    const [turn, ...rest] = conversation('grows')
    await archive('w-grows', [turn!])
    const waiting = startMesh(['trace', 'w-grows', '--wait', '30', '--json'], environment)
    await lookedAt()
    await archive('w-grows', rest)
    const { code, out } = await waiting.ended
    expect(code).toBe(0)
    expect((JSON.parse(out) as Hop[]).map(({ outcome }) => outcome)).toEqual(['success', 'success', 'refused'])
  })

  test('that stays without an outcome is shown all the same, and the command fails', async () => {
    await archive('w-open', [dispatched({ dispatchId: 'open', outcome: null })])
    const { code, out, err } = await trace('w-open', '--wait', '1')
    expect(code).toBe(1)
    expect(out).toContain('pending')
    expect(err).toContain('1 of its requests had no outcome in the archive after 1 s.')
    expect((await trace('w-open')).code).toBe(0)
  })
})

describe('without a workflow to show', () => {
  test('an unknown id is said, with what to do', async () => {
    const { code, out, err } = await trace('no-such-id')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('The archive knows no dispatch and no workflow with the id "no-such-id".')
    expect(JSON.parse((await trace('no-such-id', '--json')).err)).toMatchObject({ error: { code: 'TRACE_UNKNOWN' } })
  })

  test('a schema without an archive, and a database that is away, are said, without the password', async () => {
    const nowhere = await runMesh(['trace', 'x'], { ...environment, MESH_AUDIT_SCHEMA: 'no_such_schema' })
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('There is no audit archive in schema no_such_schema')])
    const away = await runMesh(['trace', 'x'], { ...environment, DATABASE_URL: 'postgres://mesh:hush@127.0.0.1:1/mesh' })
    expect([away.code, away.err]).toEqual([1, expect.stringContaining('PostgreSQL does not answer at 127.0.0.1:1/mesh')])
    expect(away.err).not.toContain('hush')
    expect(away.err).not.toMatch(/^ {4}at /m)
  })
})
