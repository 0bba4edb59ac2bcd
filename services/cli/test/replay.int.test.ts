// `mesh replay`: events told again from topic and archive, through kills, into a file, a topic, and a second archive.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseFilter } from '../src/core/event-filter.ts'
import { replay, type ReplayReport } from '../src/replay.ts'
import { ArchivedMesh, until } from './archived-mesh.ts'
import { runMesh, startMesh } from './command.ts'

// What a busy machine may take; a quiet one needs seconds.
const patientMs = 180_000

let stand: ArchivedMesh
let second: ArchivedMesh
let folder: string
let all: AuditEvent[]
const hourMs = 3_600_000
const range = ['--from', '3h', '--to', new Date(Date.now() + 2 * hourMs).toISOString()]

beforeAll(async () => {
  [stand, second] = [await ArchivedMesh.open(), await ArchivedMesh.open()]
  folder = await mkdtemp(join(tmpdir(), 'replay-'))
})
afterAll(async () => {
  await Promise.all([stand.close(), second.close()])
  await rm(folder, { recursive: true })
}, patientMs)

interface Told { readonly key: string, readonly event: AuditEvent }
const told = (text: string): Told[] => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Told)
const idsOf = (events: readonly { readonly eventId: string }[]): string[] => events.map(({ eventId }) => eventId).sort()

/** In time order, and with the admission of each dispatch before its outcome. */
function expectOrder (lines: readonly Told[]): void {
  for (const [index, { event }] of lines.entries()) if (index > 0) expect(event.atMs).toBeGreaterThanOrEqual(lines[index - 1]!.event.atMs)
  for (const some of Map.groupBy(lines, ({ key }) => key).values()) expect(some.map(({ event }) => event.decision)).toEqual(['delivered', 'completed'])
}

/** `count` requests and their outcomes, decided from `fromMs` on, some in the same millisecond; written in the order of their decisions. */
async function decideAll (count: number, fromMs: number, from: number): Promise<AuditEvent[]> {
  const topic = stand.mesh.names.dispatch(1)
  const places = Array.from({ length: count }, (_, index) => ({ topic, partition: index % 2, offset: from + index, appendedAtMs: fromMs + index * 10 }))
  const events = places.flatMap(place => {
    const { partition, offset, appendedAtMs } = place
    const latencyMs = offset % 3 * 7
    const outcome = {
      eventId: `${topic}/${partition}/${offset + 50_000}/outcome`, decision: 'completed' as const, outcome: 'success', atMs: appendedAtMs + latencyMs, latencyMs, agentMs: 5, handlerMs: 3,
      quota: { quotaId: 'role/bot', ratePerS: 100, burst: 10, delayMs: 0, backlogRecords: 0, isLocal: false, episode: null }, ingress: { topic, partition, offset: offset + 50_000 }
    }
    return [stand.eventOf(place, { atMs: appendedAtMs }), stand.eventOf(place, outcome)]
  })
  const inOrder = events.sort((a, b) => a.atMs - b.atMs || (a.decision === 'delivered' ? -1 : 1))
  await stand.audit(inOrder)
  return inOrder
}

/** In this process, into memory. */
async function tell (filterText?: string): Promise<{ lines: Told[], report: ReplayReport }> {
  const parsed = parseFilter(filterText ?? 'hop>=0')
  if ('problem' in parsed) throw new Error(parsed.problem)
  const lines: Told[] = []
  const report = await replay({
    settings: stand.settings, range: { fromMs: Date.now() - 3 * hourMs, toMs: Date.now() + 2 * hourMs },
    filterText: null, filter: parsed.filter, speed: Infinity, statePath: undefined,
    target: { kind: 'stream', line: async text => { lines.push(...told(text)) } }, isResumed: false, signal: AbortSignal.timeout(patientMs), onProgress: () => undefined,
    onUnreadable: position => { throw new Error(`${position} can't be read`) }
  })
  return { lines, report }
}

test('what the topic has is told from the topic, in time order, with a filter', async () => {
  const archiver = stand.startArchiver()
  all = await decideAll(400, Date.now() - 2 * hourMs, 0)
  const { lines, report } = await tell()
  expect(report).toMatchObject({ events: 800, fromArchive: 0, fromTopic: 800 })
  expectOrder(lines)
  expect(idsOf(lines.map(({ event }) => event))).toEqual(idsOf(all))
  const { lines: some } = await tell('decision=completed and (latencyMs<4 or task=1)')
  expect(idsOf(some.map(({ event }) => event))).toEqual(idsOf(all.filter(({ decision, latencyMs, task }) => decision === 'completed' && (latencyMs < 4 || task === 1))))
  await until(() => stand.count('events'), count => count === all.length)
  await stand.stopArchiver(archiver)
}, patientMs)

test('what the topic has no more comes from the archive, and each event once across the seam', async () => {
  const { admin, names } = stand.mesh
  const ends = await admin.fetchTopicOffsets(names.audit)
  await admin.deleteTopicRecords({ topic: names.audit, partitions: ends.map(({ partition, high }) => ({ partition, offset: high })) })
  const archiver = stand.startArchiver()
  all.push(...await decideAll(400, Date.now() + hourMs, 1_000))
  await until(() => stand.count('events'), count => count === all.length)
  const { lines, report } = await tell()
  expect(report).toMatchObject({ events: 1600, fromArchive: 800, fromTopic: 800 })
  expectOrder(lines)
  expect(idsOf(lines.map(({ event }) => event))).toEqual(idsOf(all))
  const events = new Map(all.map(event => [event.eventId, event]))
  for (const { event } of lines) expect(event).toEqual(events.get(event.eventId))
  await stand.stopArchiver(archiver)
}, patientMs)

test.each(['archive', 'topic'])('a replay that is killed while it tells the %s goes on: its file is byte for byte that of one that was not', async part => {
  const [whole, path] = [join(folder, `${part}-whole.ndjson`), join(folder, `${part}.ndjson`)]
  const asked = part === 'archive' ? range : ['--from', new Date(Date.now() + hourMs / 2).toISOString(), ...range.slice(2)]
  const undisturbed = await runMesh(['replay', ...asked, '--out', whole], stand.environment)
  expect([undisturbed.code, undisturbed.err]).toEqual([0, ''])
  // At the speed that it was, so that it is killed in the middle.
  const running = startMesh(['replay', ...asked, '--out', path, '--speed', '1'], stand.environment)
  await until(() => readFile(path).then(({ length }) => length, () => 0), bytes => bytes > 5_000)
  running.child.kill('SIGKILL')
  expect((await running.ended).signal).toBe('SIGKILL')
  expect((await readFile(path)).length).toBeLessThan((await readFile(whole)).length)
  await appendFile(path, 'what was written and not yet said to be')
  const again = await runMesh(['replay', ...asked, '--out', path], stand.environment)
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('earlier replay')])
  const resumed = await runMesh(['replay', ...asked, '--out', path, '--resume'], stand.environment)
  expect([resumed.code, resumed.err]).toEqual([0, ''])
  expect(await readFile(path, 'utf8')).toBe(await readFile(whole, 'utf8'))
}, patientMs)

test('a second, empty archive fed by replay holds the same rows', async () => {
  const target = second.mesh.names.audit
  const state = join(folder, 'topic.state')
  const into = ['replay', ...range, '--to-topic', target, '--state', state]
  const refused = await runMesh(into, stand.environment)
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('is a topic of a mesh')])
  const killed = startMesh([...into, '--into-live-mesh', '--speed', '1'], stand.environment)
  await until(async () => (await second.mesh.admin.fetchTopicOffsets(target)).reduce((sum, { high }) => sum + Number(high), 0), records => records > 20)
  killed.child.kill('SIGKILL')
  await killed.ended
  const { code, err } = await runMesh([...into, '--into-live-mesh', '--resume'], stand.environment)
  expect([code, err]).toEqual([0, ''])
  second.startArchiver()
  await until(() => second.count('events'), count => count >= all.length)
  const rowsOf = (from: ArchivedMesh) => from.rows('SELECT * FROM $SCHEMA.events ORDER BY event_id')
  expect(await rowsOf(second)).toEqual(await rowsOf(stand))
}, patientMs)
