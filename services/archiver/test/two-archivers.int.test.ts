import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import type { Chunk } from '../src/core/chunk.ts'
import { openArchive } from '../src/postgres.ts'
import { AuditStand } from './audit-stand.ts'
import { sampleEvent } from './sample-events.ts'
import { until } from './until.ts'

let stand: AuditStand
beforeAll(async () => { stand = await AuditStand.open(4) })
afterAll(() => stand.close())

test('archivers come and go while stories are written: each event once', async () => {
  const written: string[] = []
  const writing = (async () => { for (let from = 0; from < 2_000; from += 50) written.push(...await stand.sendRequests(from, from + 50, 4)) })()
  const members = async () => (await stand.admin.describeGroups([`${stand.namespace}.archiver`])).groups[0]?.members.length
  const first = await stand.startArchiver({ runRecordsMax: 100 })
  const second = await stand.startArchiver({ runRecordsMax: 100 })
  await until(members, count => count === 2)
  await stand.drain(first)
  await stand.startArchiver({ runRecordsMax: 100 })
  await until(members, count => count === 2)
  await stand.drain(second)
  await writing
  await stand.archived()
  expect(await stand.eventIds()).toEqual(written.sort())
  const archivedEvents = (await stand.progress()).reduce((sum, { archived }) => sum + archived, 0)
  expect(archivedEvents).toBe(written.length)
})

test('a chunk of one who no longer owns the partition is refused, whole', async () => {
  const logger = createLogger({ name: 'archiver', level: 'silent' })
  const archive = openArchive({ databaseUrl: stand.options.databaseUrl, schema: stand.schema, connectionsMax: 4, nowMs: Date.now, logger })
  const partition = 99
  const startOffset = await archive.nextOffset(stand.topic, partition)
  const chunk = (id: string): Chunk => ({
    topic: stand.topic, partition, startOffset, nextOffset: 10,
    events: [sampleEvent({ eventId: id, atMs: Date.now() })], changes: [], alerts: [], queries: [], restatedEvents: 0, rejections: []
  })
  // All at once, from the same position: the row's lock lets one through, the rest see that it moved.
  const results = await Promise.all(['z1', 'z2', 'z3', 'z4'].map(id => archive.append(chunk(id))))
  expect(results.map(({ outcome }) => outcome).sort()).toEqual(['moved', 'moved', 'moved', 'stored'])
  expect(results).toContainEqual({ outcome: 'moved', nextOffset: 10 })
  expect((await stand.eventIds()).filter(id => id.startsWith('z'))).toHaveLength(1)
  await archive.close()
})
