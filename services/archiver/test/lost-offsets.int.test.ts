import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AuditStand } from './audit-stand.ts'
import { until } from './until.ts'

let stand: AuditStand
beforeAll(async () => { stand = await AuditStand.open(1) })
afterAll(() => stand.close())

test('records that were deleted before they were archived are recorded as lost', async () => {
  const first = await stand.startArchiver()
  const kept = await stand.sendRequests(0, 5, 1)
  await stand.archived()
  await stand.drain(first)

  await stand.sendRequests(5, 10, 1)
  await stand.admin.deleteTopicRecords({ topic: stand.topic, partitions: [{ partition: 0, offset: '20' }] })
  const second = await stand.startArchiver()
  kept.push(...await stand.sendRequests(10, 15, 1))
  await stand.archived()
  expect(await stand.rejected()).toEqual([[10, 'OFFSETS_LOST']])
  expect(await stand.eventIds()).toEqual(kept.sort())
  await stand.drain(second)
})

test('a topic that ends before what was archived is held, not read over', async () => {
  const before = await stand.eventIds()
  await stand.database.query(`UPDATE ${stand.schema}.progress SET next_offset = 1000`)
  const archiver = await stand.startArchiver()
  const readiness = async () => (await fetch(`http://127.0.0.1:${archiver.healthPort}/readyz`)).text()
  await until(readiness, text => text.includes('is archived up to 1000 but ends at 30'))
  expect(await stand.eventIds()).toEqual(before)
  expect((await stand.progress())[0]?.nextOffset).toBe(1000)
  // The operator says to archive it anew.
  await stand.database.query(`DELETE FROM ${stand.schema}.progress`)
  await stand.archived()
  expect(await stand.eventIds()).toEqual(before)
})
