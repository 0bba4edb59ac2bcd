import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AuditStand } from './audit-stand.ts'
import { verified } from './bundle.ts'
import { until } from './until.ts'

let stand: AuditStand
beforeAll(async () => { stand = await AuditStand.open() })
afterAll(() => stand.close())

const kills = 4
const requests = 2_500
const perSend = 50

test('each event is archived exactly once though the archiver is killed again and again', async () => {
  const written: string[] = []
  const writing = (async () => {
    for (let from = 0; from < requests; from += perSend) written.push(...await stand.sendRequests(from, from + perSend))
  })()
  for (let kill = 0; kill < kills; kill++) {
    const before = archivedEvents(await stand.progress().catch(() => []))
    const archiver = stand.spawnArchiver()
    // Killed in the middle: when it has archived something, and not all.
    await until(() => stand.progress().catch(() => []), progress => archivedEvents(progress) > before)
    archiver.kill('SIGKILL')
    await once(archiver, 'exit')
    await stand.sendRequests(requests + kill * 10, requests + kill * 10 + 10).then(ids => written.push(...ids))
  }
  await writing
  const archiver = stand.spawnArchiver()
  await stand.archived()
  expect(await stand.eventIds()).toEqual(written.sort())
  archiver.kill('SIGTERM')
  const [exitCode] = await once(archiver, 'exit')
  expect(exitCode).toBe(0)
})

test('reading the topic again from its beginning changes nothing', async () => {
  const before = await stand.eventIds()
  const counted = archivedEvents(await stand.progress())
  await stand.database.query(`UPDATE ${stand.schema}.progress SET next_offset = 0`)
  const archiver = await stand.startArchiver()
  const progress = await stand.archived()
  expect(await stand.eventIds()).toEqual(before)
  expect(archivedEvents(progress)).toBe(counted)
  expect(counted).toBe(before.length)
  await stand.drain(archiver)
})

test('places in the logs are gapless, each taken once, and the export verifies', async () => {
  const { rows } = await stand.database.query(`SELECT e.log, count(*)::int AS events, count(DISTINCT leaf_index)::int AS places, min(leaf_index)::int AS first, max(leaf_index)::int AS last, max(l.size)::int AS size
    FROM ${stand.schema}.events e JOIN ${stand.schema}.logs l ON l.log = e.log GROUP BY e.log ORDER BY e.log`)
  expect(rows.map(({ log, first }) => [log, first])).toEqual([[0, 0], [1, 0]])
  for (const { events, places, last, size } of rows) expect([places, last + 1, size]).toEqual([events, events, events])
  // The archiver that was told to end signed what was left.
  const report = await verified(stand)
  expect(report.findings).toEqual([])
  expect(report.events).toBe((await stand.eventIds()).length)
})

function archivedEvents (progress: readonly { readonly archived: number }[]): number {
  return progress.reduce((sum, { archived }) => sum + archived, 0)
}
