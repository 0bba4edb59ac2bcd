// `mesh circuits`, `mesh dead-letters`, `mesh why` and the health in `mesh agents`, on real topics, a registry and an archive.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { AuditEvent, Circuit, DeadLetter, Dispatch } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { auditEvent } from '../src/core/audit-event.fixture.ts'
import { runMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts'

const databaseUrl = process.env.DATABASE_URL ?? ''
const auditSchema = `cli_${randomBytes(4).toString('hex')}`
let mesh: PrivateMesh
let registry: RegistryProcess
let database: pg.Client
let environment: Record<string, string>

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  registry = await startRegistryProcess(mesh.environment)
  environment = { ...mesh.environment, MESH_REGISTRY_URL: registry.url, MESH_AUDIT_SCHEMA: auditSchema, DATABASE_URL: databaseUrl }
  const body = { version: '1.0.0', domain: 'sales', ownerTeam: 'crm', role: 'bot', capabilities: [], maxConcurrent: 1, slaP95Ms: 100, inboxPartitions: 1, answersPartitions: 1 }
  for (const name of ['valuer', 'pricer']) {
    await fetch(`${registry.url}/agents`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, name }) })
  }
  const dir = fileURLToPath(new URL('../../archiver/migrations', import.meta.url))
  await runner({ databaseUrl, dir, direction: 'up', schema: auditSchema, createSchema: true, migrationsTable: 'migrations', advisoryLockMode: 'wait', log: () => undefined })
  database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  await database.query(`SET search_path TO ${auditSchema}`)
  await database.query('CREATE TABLE events_any PARTITION OF events DEFAULT')
})
afterAll(async () => {
  await database.query(`DROP SCHEMA ${auditSchema} CASCADE`)
  await database.end()
  await registry.stop()
  await mesh.close()
})

const run = (...args: readonly string[]) => runMesh(args, environment)
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).out)
const send = (topic: string, key: string, value: Buffer, partition = 0) => mesh.producer.send({ topic, messages: [{ key, value, partition }] })

describe('circuits', () => {
  const circuit = (agent: string, facts: Partial<Circuit> = {}, key = `${agent}@1.0.0`) => send(mesh.names.circuits, key, mesh.codec.encode('Circuit', {
    agent, version: '1.0.0', state: 'closed', episode: '', sinceMs: Date.now(), atMs: Date.now(), reason: null, admitShare: 1, probesMax: 0, calls: 40, errors: 0, p95Ms: 61,
    slaP95Ms: 100, forcedBy: null, trips: 0, recoveries: 0, callsBlocked: 0, days: [], ...facts
  }))

  test('are not known before the governor spoke, which is said', async () => {
    expect(await run('circuits')).toMatchObject({ code: 0, out: '', err: 'The governor has said nothing yet: does it run?\n' })
  })

  test('are listed as the governor said them last, with what was measured', async () => {
    await circuit('valuer')
    await circuit('valuer', { state: 'open', episode: 'e-1', reason: 'ERROR_RATE', errors: 12, trips: 3, recoveries: 2, callsBlocked: 17 })
    await circuit('pricer')
    await circuit('', {}, 'heartbeat')
    const { code, out, err } = await run('circuits')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^agent +version +state +since +reason +errors +p95 \/ promised +trips +recoveries +blocked\n/)
    expect(out).toMatch(/\nvaluer +1\.0\.0 +open +\d\d:\d\d:\d\d +ERROR_RATE +30\.0 % of 40 +61 ms \/ 100 ms +3 +2 +17\n/)
    expect(out).not.toContain('\u001b')
    const { circuits, isSilent } = await json('circuits')
    expect([isSilent, circuits.map(({ agent, state, errorShare }: Record<string, unknown>) => [agent, state, errorShare])])
      .toEqual([false, [['pricer', 'closed', 0], ['valuer', 'open', 0.3]]])
  })

  test.each([['open', 'as measured', 'held open'], ['close', 'held open', 'held closed'], ['auto', 'held closed', 'as measured']])('can be told to %s', async (command, before, after) =>
    expect(await run('circuits', command, 'valuer', '--why', 'a test', '--who', 'ada')).toMatchObject({ code: 0, out: `valuer: ${before} → ${after}\n`, err: '' }))

  test('of nobody can\'t be changed, and none without a reason', async () => {
    const nobody = await run('circuits', 'open', 'nobody', '--why', 'a test', '--json')
    expect([nobody.code, JSON.parse(nobody.err)]).toEqual([1, { error: expect.objectContaining({ code: 'NOT_FOUND', message: 'No agent nobody is registered.' }) }])
    expect(await run('circuits', 'open', 'valuer')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--why') })
  })
})

describe('the health of agents', () => {
  const say = (agent: string, health: 'healthy' | 'stalled', instances: number) =>
    send(mesh.names.pressure, agent, mesh.codec.encode('Pressure', { agent, atMs: Date.now(), classes: [], health, instances }))

  test('is unknown before the governor spoke, and that is said; who is registered is shown all the same', async () => {
    const { code, out, err } = await run('agents')
    expect([code, err]).toEqual([0, 'How the agents do is unknown: The governor has said nothing yet: does it run?\n'])
    expect(out).toMatch(/\npricer .* active +unknown\n/)
    const away = await runMesh(['agents'], { ...environment, MESH_KAFKA_BROKERS: '127.0.0.1:1' })
    expect([away.code, away.err]).toEqual([0, expect.stringContaining('How the agents do is unknown: No Kafka broker answers')])
  })

  test('is what the governor measured, with the instances', async () => {
    await say('valuer', 'stalled', 2)
    await say('pricer', 'healthy', 1)
    const { out, err } = await run('agents')
    expect(err).toBe('')
    expect(out).toMatch(/\nvaluer .* active +stalled +2\n/)
    expect((await json('agents')).map(({ name, health, instances }: Record<string, unknown>) => [name, health, instances])).toEqual([['pricer', 'healthy', 1], ['valuer', 'stalled', 2]])
  })
})

describe('dead letters', () => {
  const dispatch: Dispatch = {
    dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
    target: null, capability: 'work', priority: 2, issuedAtMs: 1, ttlMs: 1_000, replyPartition: 0, idempotencyKey: null, costCapMicros: null, confidence: null, usage: null,
    error: null, contentType: 'application/json', payload: Buffer.from('{"secret":\n"text\u001b"}'), idleTimeoutMs: null, handlerMs: null
  }
  const dayMs = 24 * 60 * 60 * 1_000
  const letter = (partition: number, facts: Partial<DeadLetter> = {}) => {
    const value = mesh.codec.encode('SignedDispatch', { body: mesh.codec.encode('Dispatch', dispatch), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
    return send(mesh.names.deadLetter, 'd-1', mesh.codec.encode('DeadLetter', {
      ingress: { topic: mesh.names.dispatch(2), partition: 0, offset: 3 }, code: 'SET_ASIDE', message: 'it crashed', atMs: Date.now(), key: null, value,
      dispatchId: 'd-1', workflowId: 'w-1', source: 'asker', target: 'worker', capability: 'work', priority: 2, attempt: 3, ...facts
    }), partition)
  }
  const placesOf = async (...flags: readonly string[]): Promise<string[]> => (await json('dead-letters', 'list', ...flags)).deadLetters.map(({ place }: { place: string }) => place)

  beforeAll(async () => {
    await letter(0, { atMs: Date.now() - 2 * dayMs })
    await letter(1, { atMs: Date.now() - 3_600_000, code: 'GARBAGE', message: 'no record', value: Buffer.from('junk'), dispatchId: null, workflowId: null, source: null, target: null, attempt: 0 })
    await letter(0, { atMs: Date.now() - 60_000 })
    await send(mesh.names.deadLetter, 'junk', Buffer.from('junk'), 0)
  })

  test('are listed newest first, bounded, with what can\'t be read counted', async () => {
    expect(await placesOf()).toEqual(['0/1', '1/0', '0/0'])
    expect(await placesOf('--max', '1')).toEqual(['0/1'])
    const { out, err } = await run('dead-letters')
    expect(err).toBe('Records of the topic that can\'t be read: 1.\n')
    expect(out).toMatch(/^place +at +reason +from → to +capability +tries +dispatch +state\n0\/1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +SET_ASIDE +asker → worker +work +3 +d-1 +open\n/)
    expect(out).not.toContain('secret')
  })

  test.each([
    [['--reason', 'GARBAGE'], ['1/0']], [['--agent', 'asker'], ['0/1', '0/0']], [['--agent', 'worker', '--since', '1d'], ['0/1']], [['--since', '2h'], ['0/1', '1/0']],
    [['--state', 'discarded'], []]
  ])('are filtered by %p', async (flags, places) => expect(await placesOf(...flags)).toEqual(places))

  test('are shown as facts; the content only when asked for, and without control characters', async () => {
    const { code, out } = await run('dead-letters', 'show', '0/1')
    expect(code).toBe(0)
    expect(out).toContain('SET_ASIDE  It ended the target\'s process again and again')
    expect(out + JSON.stringify(await json('dead-letters', 'show', '0/1'))).not.toMatch(/secret|c2VjcmV0/)
    expect((await run('dead-letters', 'show', '0/1', '--payload')).out).toContain('payload, application/json\n{"secret":\n"text\uFFFD"}\n')
    expect((await json('dead-letters', 'show', '0/1', '--payload')).payload).toEqual({ contentType: 'application/json', base64: dispatch.payload.toString('base64') })
    expect((await json('dead-letters', 'show', '1/0', '--payload')).payload).toEqual({ contentType: null, base64: Buffer.from('junk').toString('base64') })
  })

  test('are sent again, and discarded, and the list knows', async () => {
    const task = partitionFor('w-1', 2)
    const { code, out } = await run('dead-letters', 'redrive', '0/1', '--why', 'mended')
    expect([code, out]).toEqual([0, `0/1: sent again as ${mesh.names.dispatch(2)}/${task}/0. \`npx mesh why d-1\` shows what becomes of it.\n`])
    const twice = await run('dead-letters', 'redrive', '0/1', '--json')
    expect([twice.code, JSON.parse(twice.err)]).toEqual([1, { error: expect.objectContaining({ code: 'DEAD_LETTER_SETTLED' }) }])
    expect(await json('dead-letters', 'redrive', '0/1', '--again')).toMatchObject({ redriven: { dispatchId: 'd-1', position: { partition: task, offset: 1 } } })
    expect(await run('dead-letters', 'discard', '1/0')).toMatchObject({ code: 1, err: expect.stringContaining('--why') })
    expect((await run('dead-letters', 'discard', '1/0', '--why', 'junk', '--who', 'ada')).out).toBe('1/0: discarded.\n')
    expect(await placesOf('--state', 'open')).toEqual(['0/0'])
    expect((await run('dead-letters', 'show', '1/0')).out).toMatch(/\nstate +discarded by ada at .*: junk\n/)
  })

  test('that are not there, or at a place that is none, are said to be that', async () => {
    expect(await run('dead-letters', 'show', '0/99')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('No dead letter lies at 0/99.') })
    expect(await run('dead-letters', 'show', '12')).toMatchObject({ code: 1, err: expect.stringContaining('It must be PARTITION/OFFSET') })
    expect(await run('dead-letters', 'redrive', '1/0', '--again')).toMatchObject({ code: 1, err: expect.stringContaining('can not be sent again') })
    expect(await run('dead-letters', 'list', '--since', 'yesterday')).toMatchObject({ code: 1, err: expect.stringContaining('how long ago') })
  })
})

describe('why', () => {
  const atMs = Date.now()
  const event = (id: string, facts: Partial<AuditEvent>) => {
    const ids = { eventId: `${id}/${facts.decision}/${facts.attempt ?? 1}`, dispatchId: id, workflowId: `w-${id}` }
    return auditEvent({ ...ids, atMs, appendedAtMs: atMs - 4, task: 1, ...facts })
  }
  const quota = { quotaId: 'role/bot', ratePerS: 100, burst: 10, delayMs: 40, backlogRecords: 4, isLocal: false, episode: null }
  const circuit = { state: 'half_open', episode: 'e-7', sinceMs: atMs - 100, isProbe: true }
  const story = (id: string) => [
    event(id, { decision: 'deferred', reason: 'OVER_QUOTA', quota, dueAtMs: atMs + 40, controlOffset: 17 }),
    event(id, { decision: 'released', atMs: atMs + 41, circuit, expectedWaitMs: 12 }),
    event(id, { decision: 'completed', atMs: atMs + 91, outcome: 'success', agentMs: 45, handlerMs: 30 })
  ]

  const dateOf = (ms: number | null | undefined): Date | null => typeof ms === 'number' ? new Date(ms) : null

  async function archive (events: readonly AuditEvent[]): Promise<void> {
    for (const one of events) {
      await database.query(`INSERT INTO events (event_id, at, decision, outcome, reason, dispatch_id, workflow_id, in_reply_to, hop, attempt, type, source, target, target_version, capability,
        priority, payload_hash_key_id, payload_bytes, appended_at, latency_ms, agent_ms, ingress_topic, ingress_partition, ingress_offset, control_offset, task, decided_by, due_at, quota,
        expected_wait_ms, handler_ms, circuit_state, circuit_episode, circuit_since, circuit_is_probe)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, '1.0.0', 'work', 1, '', 0, $13, $14, $15, 'mesh.dispatch.p1', 2, 7, $16, 1, 'test', $17, $18, $19, $20, $21, $22, $23, $24)`,
      [one.eventId, dateOf(one.atMs), one.decision, one.outcome, one.reason, one.dispatchId, one.workflowId, one.inReplyTo, one.attempt,
        one.type, one.source, one.target, dateOf(one.appendedAtMs), one.latencyMs, one.agentMs, one.controlOffset,
        dateOf(one.dueAtMs), JSON.stringify(one.quota),
        one.expectedWaitMs, one.handlerMs, one.circuit?.state, one.circuit?.episode, dateOf(one.circuit?.sinceMs), one.circuit?.isProbe])
    }
  }
  const decisionsOf = (why: { decisions: { decision: string }[] }) => why.decisions.map(({ decision }) => decision)
  const time = [['topic', 4], ['deferral', 41], ['agent_queue', 15], ['handler', 30], ['coordinator', 5]]
  const pieces = (why: { time: { place: string, ms: number }[] }) => why.time.map(({ place, ms }) => [place, ms])

  test('is answered from the archive, without Kafka, when the dispatch has its outcome there', async () => {
    await archive([...story('kept'), event('kept-answer', { decision: 'late', reason: 'REPLY_SECOND', inReplyTo: 'kept', workflowId: 'w-kept', type: 'response' })])
    const { code, out, err } = await runMesh(['why', 'kept', '--json'], { ...environment, MESH_KAFKA_BROKERS: '127.0.0.1:1' })
    expect([code, err]).toEqual([0, ''])
    const why = JSON.parse(out)
    expect([why.outcome, why.totalMs, decisionsOf(why), pieces(why)]).toEqual(['success', 95, ['deferred', 'released', 'completed'], time])
    expect(why.decisions[0]).toMatchObject({ reason: 'OVER_QUOTA', numbers: { quota, controlOffset: 17 } })
    expect(why.decisions[1].numbers).toMatchObject({ circuit, expectedWaitMs: 12 })
    expect(why.related).toMatchObject([{ dispatchId: 'kept-answer', decisions: [{ decision: 'late', reason: 'REPLY_SECOND' }] }])
    const text = (await run('why', 'kept')).out
    expect(text).toContain('quota role/bot 100/s burst 10: a slot in 40 ms, 4 waiting')
    expect(text).toContain('circuit half_open, episode e-7, as a probe')
    expect(text).not.toContain('\u001b')
  })

  test('takes what is not archived yet from the topic, and no further back', async () => {
    const [deferred, released, completed] = story('fresh')
    await archive([deferred!])
    await mesh.audit(event('other', { decision: 'delivered' }))
    await database.query('INSERT INTO progress (topic, partition, next_offset) VALUES ($1, 0, 0), ($1, 1, 1)', [mesh.names.audit])
    await mesh.audit(deferred!, released!, completed!)
    const why = await json('why', 'fresh')
    expect([why.outcome, decisionsOf(why), pieces(why)]).toEqual(['success', ['deferred', 'released', 'completed'], time])
    const archived = await run('why', 'other')
    expect([archived.code, archived.err]).toEqual([1, expect.stringContaining('The archive knows no dispatch with the id "other", nor has what is not archived yet.')])
  })

  test('is answered from the topic alone when the archive is away, which is said', async () => {
    await mesh.audit(...story('topical'))
    const { code, out, err } = await runMesh(['why', 'topical'], { ...environment, DATABASE_URL: 'postgres://mesh:hush@127.0.0.1:1/mesh' })
    expect([code, err]).toEqual([0, expect.stringMatching(/^The archive can't be asked: PostgreSQL does not answer at 127\.0\.0\.1:1\/mesh/)])
    expect(err).not.toContain('hush')
    expect(out).toContain('Where time went')
  })

  test('of what nobody knows, of a workflow, and with nothing to ask, says what to do', async () => {
    expect(await run('why', 'nobody')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('`npx mesh tail` shows dispatch ids') })
    expect(await run('why', 'w-kept')).toMatchObject({ code: 1, err: expect.stringContaining('npx mesh trace w-kept') })
    const nothing = await runMesh(['why', 'kept', '--json'], { ...environment, DATABASE_URL: 'postgres://mesh@127.0.0.1:1/mesh', MESH_KAFKA_BROKERS: '127.0.0.1:1' })
    expect([nothing.code, JSON.parse(nothing.err)]).toEqual([1, { error: expect.objectContaining({ code: 'ARCHIVE_UNREACHABLE' }) }])
  })
})

test.each(['circuits', 'circuits open', 'dead-letters', 'dead-letters list', 'dead-letters show', 'dead-letters redrive', 'dead-letters discard', 'why'])('`mesh %s --help` shows an example', async command => {
  const { code, out } = await run(...command.split(' '), '--help')
  expect([code, out]).toEqual([0, expect.stringMatching(/Examples?:\n {2}npx mesh /)])
})
