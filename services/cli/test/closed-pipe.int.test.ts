// `mesh tail` against a real broker: what it shows, and the ways in which it ends.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import { auditEvent } from '../src/core/audit-event.fixture.ts'
import { runMesh, startMesh, type Running } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'

let mesh: PrivateMesh
const running = new Set<Running>()
beforeAll(async () => { mesh = await openPrivateMesh([]) })
afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL')
    await ended
  }
  running.clear()
})
afterAll(async () => mesh.close())

function tail (...args: readonly string[]): Running {
  const started = startMesh(['tail', ...args], mesh.environment)
  running.add(started)
  return started
}

const events = (prefix: string, count: number, facts: Partial<AuditEvent> = {}): AuditEvent[] =>
  Array.from({ length: count }, (_, index) => auditEvent({ dispatchId: `${prefix}-${index}`, task: index % 2, ...facts }))
const idsIn = (out: string): string[] => out.trimEnd().split('\n').map(line => (JSON.parse(line) as AuditEvent).dispatchId!)

test('from the end it shows what comes after it began, and ends after so many', async () => {
  await mesh.audit(...events('old', 3))
  const following = tail('--max', '2')
  await following.line(/^Following /)
  await mesh.audit(...events('new', 1))
  expect(await following.line(/new-0/)).toMatch(/^03:04:05\.678 {2}delivered {2}waiting {3}asker → worker {2}work {2}request P1 {2}4 ms {2}new-0$/)
  await mesh.audit(...events('newer', 1))
  const { code, out } = await following.ended
  expect(code).toBe(0)
  expect(out).toContain('newer-0')
  expect(out).not.toContain('old-')
})

test('from the start it passes over claims, removals and what it can\'t read, and goes on', async () => {
  const { producer, names } = mesh
  await producer.send({ topic: names.audit, messages: [
    { key: 'claim', partition: 0, value: 'not a story', headers: { claim: '1' } },
    { key: 'removed', partition: 0, value: null },
    { key: 'garbage', partition: 0, value: 'garbage' }
  ] })
  await mesh.audit(...events('after', 1, { task: 0 }))
  const { code, out, err } = await tail('--from-start', '--json', '--max', '6').ended
  expect(code).toBe(0)
  expect(idsIn(out).sort()).toEqual(['after-0', 'new-0', 'newer-0', 'old-0', 'old-1', 'old-2'])
  expect(err).toMatch(new RegExp(`The audit record ${names.audit}/0/\\d+ can't be read \\(GARBAGE\\)`))
})

test('it shows only the agent and the decision that are asked for', async () => {
  await mesh.audit(...events('bad', 2, { decision: 'refused', outcome: 'refused', reason: 'GARBAGE', source: 'someone' }), ...events('good', 2, { source: 'someone' }))
  const { out } = await tail('--from-start', '--json', '--max', '2', '--agent', 'someone', '--decision', 'refused').ended
  expect(idsIn(out).sort()).toEqual(['bad-0', 'bad-1'])
  expect((await runMesh(['tail', '--decision', 'nonsense'], mesh.environment)).err).toContain('Allowed choices are delivered, refused')
})

test('Ctrl-C ends it, and leaves no group behind', async () => {
  const following = tail()
  await following.line(/^Following /)
  following.child.kill('SIGINT')
  expect(await following.ended).toMatchObject({ code: 0, signal: null, out: '' })
  const { groups } = await mesh.admin.listGroups()
  expect(groups.filter(({ groupId }) => groupId.startsWith(`${mesh.names.namespace}.`))).toEqual([])
})

test('it ends quietly when the pipe behind it closes, however much there is still to say', async () => {
  await mesh.audit(...events('many', 3_000))
  const following = tail('--from-start')
  await following.line(/many-/)
  following.child.stdout!.destroy()
  expect(await following.ended).toMatchObject({ code: 0, signal: null, err: expect.stringMatching(/^((The audit record|Following) [^\n]*\n)+$/) })
})

test('a mesh without topics is told so', async () => {
  const { code, err } = await runMesh(['tail'], { ...mesh.environment, MESH_NAMESPACE: 'no-such-mesh' })
  expect([code, err]).toEqual([1, 'mesh: The topic no-such-mesh.audit does not exist.\nRun `npm run topics:apply`, or set MESH_NAMESPACE.\n'])
})
