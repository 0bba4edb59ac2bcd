// `mesh audit completeness` against real topics and the archiver's own tables.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { digestOf } from '@mesh/completeness'
import { canonicalJson, ingressDayStatement } from '@mesh/evidence'
import type { ChildProcess } from 'node:child_process'
import { countCompleteness } from '../src/completeness.ts'
import type { CompletenessReport } from '../src/core/completeness-rows.ts'
import type { ViolationCount } from '../src/violations.ts'
import { ArchivedMesh, until, type Place } from './archived-mesh.ts'
import { runMesh } from './command.ts'

// What a busy machine may take; a quiet one needs seconds.
const patientMs = 180_000

let stand: ArchivedMesh
let archiver: ChildProcess
let places: Place[]
beforeAll(async () => { stand = await ArchivedMesh.open() }, patientMs)
afterAll(() => stand.close())

const idOf = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`

const ask = (): Promise<CompletenessReport> => {
  const toMs = Date.now() + 60_000
  return countCompleteness(stand.settings, { fromMs: toMs - 86_400_000, toMs }, () => undefined, AbortSignal.timeout(120_000))
}

/** The statement of the archiver's counts, all of one day, as its checkpoints sign it. */
async function dayToSign (): Promise<string> {
  const rows = await stand.rows<Record<'day' | 'topic' | 'first_offset' | 'last_offset' | 'records' | 'run_from' | 'closed_digest', string> & { partition: number }>(
    'SELECT day::text AS day, topic, partition, first_offset, last_offset, records, run_from, closed_digest FROM $SCHEMA.ingress_days')
  return canonicalJson(ingressDayStatement({
    day: rows[0]!.day,
    partitions: rows.map(({ topic, partition, ...row }) => ({
      topic, partition, firstOffset: Number(row.first_offset), lastOffset: Number(row.last_offset), records: Number(row.records),
      digest: digestOf({ closedDigest: row.closed_digest, runFrom: Number(row.run_from), lastOffset: Number(row.last_offset) })
    }))
  }))
}

test('committed records are counted exactly, with markers and aborted records between them', async () => {
  for (const priority of [0, 3]) {
    await stand.dispatch(priority, 0, 40)
    await stand.dispatch(priority, 0, 7, 'abort')
    await stand.dispatch(priority, 0, 5, 'commit')
    await stand.dispatch(priority, 0, 3, 'abort')
    await stand.dispatch(priority, 0, 20)
  }
  await stand.dispatch(1, 1, 9, 'abort')
  await stand.dispatch(2, 1, 30, 'commit')
  places = await stand.ingress()
  expect(places).toHaveLength(160)
  archiver = stand.startArchiver()
  const refused = { decision: 'refused' as const, outcome: 'refused', reason: 'UNDECLARED_DEPENDENCY', source: 'lead-bot' }
  const refusals = [refused, refused, { ...refused, reason: 'UNKNOWN_SOURCE', source: 'stranger' }, { ...refused, reason: 'ATTEMPT_FAILED' }]
  await stand.audit(places.map((place, index) => stand.eventOf(place, refusals[index] ?? {})))
  await stand.decided(places)
  await until(() => stand.count('events'), count => count === 160)
  const report = await ask()
  expect(report.sum).toEqual({ expected: 160, found: 160, missing: 0, duplicate: 0, unexpected: 0, notArchivedYet: 0, undecided: 0, isComplete: true })
  expect([report.completeness, report.isComplete, report.isUncertain]).toEqual(['1.0', true, false])
  expect(report.partitions.filter(({ expected }) => expected > 0).map(({ topic, partition, expected }) => [topic.slice(-2), partition, expected]))
    .toEqual([['p0', 0, 65], ['p2', 1, 30], ['p3', 0, 65]])
}, patientMs)

test('what was refused is counted by reason and by agent; a failed attempt is no refusal', async () => {
  const { code, out } = await runMesh(['audit', 'violations', '--from', '1d', '--json'], stand.environment)
  expect(code).toBe(0)
  const { violations, refused } = JSON.parse(out) as ViolationCount
  expect([refused, violations.map(({ reason, agent, count }) => [reason, agent, count])]).toEqual([3, [['UNDECLARED_DEPENDENCY', 'lead-bot', 2], ['UNKNOWN_SOURCE', 'stranger', 1]]])
  const table = (await runMesh(['audit', 'violations', '--from', '1d', '--by', 'agent'], stand.environment)).out
  expect(table).toMatch(/^agent +refused +first +last\nlead-bot +2 /)
  expect(table).toContain('3 refused in all.')
}, patientMs)

test('the archiver counts the same, once, and says what is due and what is missing', async () => {
  expect(await until(() => stand.counted(), records => records >= 160)).toBe(160)
  expect(await stand.count('ingress_missing')).toBe(0)
}, patientMs)

test('a row that was deleted is missing by name; one that was copied under another id is a duplicate, and one made up unexpected', async () => {
  const [gone, copied] = [places[10]!, places[100]!]
  await stand.rows(`DELETE FROM $SCHEMA.events WHERE event_id = '${idOf(gone)}'`)
  const columns = (await stand.rows<{ column_name: string }>('SELECT column_name FROM information_schema.columns WHERE table_schema = \'$SCHEMA\' AND table_name = \'events\' ORDER BY ordinal_position')).map(row => row.column_name)
  const copyOf = (changes: Readonly<Record<string, string>>) => stand.rows(`INSERT INTO $SCHEMA.events (${columns.join(', ')})
    SELECT ${columns.map(name => changes[name] ?? name).join(', ')} FROM $SCHEMA.events WHERE event_id = '${idOf(copied)}'`)
  const markerOffset = places.findLast(({ topic, partition }) => topic === places[0]!.topic && partition === 0)!.offset - 21
  const invented = `${places[0]!.topic}/0/${markerOffset}`
  await copyOf({ event_id: '\'a copy\'' })
  await copyOf({ event_id: `'${invented}'`, ingress_topic: `'${places[0]!.topic}'`, ingress_partition: '0', ingress_offset: String(markerOffset) })
  const { code, out: json, err } = await runMesh(['audit', 'completeness', '--from', '1d', '--json'], stand.environment)
  const report = JSON.parse(json) as CompletenessReport
  expect(report.sum).toMatchObject({ expected: 160, found: 159, missing: 1, duplicate: 1, unexpected: 1, isComplete: false })
  expect(report.partitions.flatMap(({ firstMissing }) => firstMissing)).toEqual([idOf(gone)])
  expect(report.partitions.flatMap(({ firstDuplicate }) => firstDuplicate)).toEqual(['a copy'])
  expect(report.partitions.flatMap(({ firstUnexpected }) => firstUnexpected)).toEqual([invented])
  expect([code, report.completeness]).toEqual([1, '0.993750'])
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'NOT_COMPLETE' } })
  const { out } = await runMesh(['audit', 'completeness', '--from', '1d'], stand.environment)
  expect(out).toContain(`missing  ${idOf(gone)}`)
  expect(out).toContain('completeness 0.993750: 159 of 160 committed ingress records')
  await stand.rows(`DELETE FROM $SCHEMA.events WHERE event_id IN ('a copy', '${invented}')`)
}, patientMs)

test('what is decided and not archived yet, and what is not decided yet, is told apart from what is missing', async () => {
  await stand.stopArchiver(archiver)
  await stand.dispatch(1, 0, 12)
  const more = (await stand.ingress()).slice().filter(place => !places.some(known => idOf(known) === idOf(place)))
  expect(more).toHaveLength(12)
  await stand.admit(more.slice(0, 8))
  await stand.decided([...places, ...more.slice(0, 8)])
  expect((await ask()).sum).toMatchObject({ expected: 172, found: 159, missing: 1, notArchivedYet: 8, undecided: 4 })
  await stand.admit(more.slice(8))
  await stand.decided([...places, ...more])
  archiver = stand.startArchiver()
  places.push(...more)
  await until(() => stand.count('events'), count => count === 171)
  expect((await ask()).sum).toMatchObject({ expected: 172, found: 171, missing: 1, notArchivedYet: 0, undecided: 0 })
}, patientMs)

test('an admission that never came is found by the archiver, and taken back when it comes', async () => {
  await stand.dispatch(1, 1, 5)
  const more = (await stand.ingress()).filter(place => !places.some(known => idOf(known) === idOf(place)))
  await stand.admit(more.slice(1))
  await stand.decided([...places, ...more])
  await until(() => stand.count('ingress_missing'), count => count === 1)
  expect(await stand.rows('SELECT topic, partition, record_offset FROM $SCHEMA.ingress_missing')).toEqual([{ topic: more[0]!.topic, partition: 1, record_offset: String(more[0]!.offset) }])
  await stand.admit(more.slice(0, 1))
  await until(() => stand.count('ingress_missing'), count => count === 0)
  places.push(...more)
}, patientMs)

test('archivers that are killed again and again count each record once', async () => {
  const before = await until(() => stand.counted(), records => records === places.length, 60_000)
  for (let kill = 0; kill < 3; kill++) {
    await stand.dispatch(2, 0, 300, kill % 2 === 0 ? 'plain' : 'commit')
    const more = (await stand.ingress()).filter(({ topic, partition }) => topic.endsWith('p2') && partition === 0).slice(kill * 300)
    await stand.admit(more)
    await stand.decided([...places, ...more])
    const [killed] = [archiver]
    archiver = stand.startArchiver()
    // Killed in the middle: with some of it counted, by either of them.
    await until(() => stand.counted(), records => records > before + kill * 300, 100_000)
    await stand.stopArchiver(killed, 'SIGKILL')
    places.push(...more)
  }
  await until(() => stand.counted(), records => records >= places.length, 100_000)
  const days = await stand.rows<{ records: string }>('SELECT sum(records) AS records FROM $SCHEMA.ingress_days')
  expect(Number(days[0]!.records)).toBe(places.length)
  expect(await stand.count('ingress_missing')).toBe(0)
}, patientMs)

test('when the topics have lost their records, the counts that were kept still answer, by name', async () => {
  const { admin, names } = stand.mesh
  const topic = names.dispatch(0)
  const high = (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)!.high
  // Its end may be a marker, which is passed when the archiver counts again.
  const next = `SELECT next_offset FROM $SCHEMA.ingress_progress WHERE topic = '${topic}' AND partition = 0`
  await until(() => stand.rows<{ next_offset: string }>(next), ([row]) => row?.next_offset === high)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: high }] })
  const report = await ask()
  expect(report.notes).toEqual([
    expect.stringContaining('the whole day was counted by the positions that the archiver kept'), expect.stringContaining('no signed statement tells its positions yet')
  ])
  expect(report).toMatchObject({ isUncertain: false, sum: { expected: places.length, found: places.length - 1, missing: 1 } })
  expect(report.partitions.flatMap(({ firstMissing }) => firstMissing)).toEqual([idOf(places[10]!)])
  // As it will be signed when the day is over.
  const body = await dayToSign()
  await stand.rows(`INSERT INTO $SCHEMA.statements (leaf_index, body) VALUES (1000000, '${body}')`)
  const signed = await ask()
  expect([signed.isUncertain, signed.notes.length]).toEqual([false, 1])
  await stand.rows(`UPDATE $SCHEMA.ingress_days SET records = records - 1, last_offset = last_offset - 1 WHERE topic = '${topic}' AND last_offset > run_from`)
  const agreeing = await ask()
  expect(agreeing.isUncertain).toBe(true)
  expect(agreeing.notes.join()).toContain('is not the one that was signed')
  await stand.rows(`UPDATE $SCHEMA.ingress_days SET records = records - 1 WHERE topic = '${topic}'`)
  const changed = await ask()
  expect([changed.isComplete, changed.isUncertain]).toEqual([false, true])
  expect(changed.notes.join()).toContain('does not agree with its digest')
}, patientMs)

test('a range that goes backwards, and a time without a zone, are refused', async () => {
  const backwards = await runMesh(['audit', 'completeness', '--from', '1h', '--to', '2h'], stand.environment)
  expect([backwards.code, backwards.err]).toEqual([1, expect.stringContaining('--from must be before --to')])
  const vague = await runMesh(['audit', 'completeness', '--from', '2026-11-22T08:00'], stand.environment)
  expect([vague.code, vague.err]).toEqual([1, expect.stringContaining('with its zone')])
}, patientMs)
