import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import { completeIndexes } from '../src/index-completion.ts'
import { AuditStand } from './audit-stand.ts'
import { until } from './until.ts'

let stand: AuditStand
beforeAll(async () => { stand = await AuditStand.open(1) })
afterAll(() => stand.close())

const indexes = async (table: string) => {
  const { rows } = await stand.database.query('SELECT indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = $2', [stand.schema, table])
  return rows.map(({ indexdef }) => /USING (.*)$/.exec(indexdef)?.[1] ?? '').sort()
}
const invalid = async () => {
  const { rows } = await stand.database.query(`SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND NOT i.indisvalid`, [stand.schema])
  return rows.map(({ relname }) => relname)
}

test('an archive of the version before gets the indexes of its days beside the writing, and loses those that they replace', async () => {
  await stand.migrateWithOldRow(3)
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  // As a build that was broken off leaves it: there, and not valid.
  await stand.database.query(`CREATE INDEX events_${day}_source_at ON ${stand.schema}.events_${day} (source, at) WHERE source IS NOT NULL`)
  await stand.database.query('UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass($1)', [`${stand.schema}.events_${day}_source_at`])

  await stand.startArchiver()
  await until(invalid, names => names.length === 0)
  const ofDay = await until(() => indexes(`events_${day}`), names => !names.includes('btree (source) WHERE (source IS NOT NULL)') && !names.includes('btree (target) WHERE (target IS NOT NULL)'))
  expect(ofDay).toEqual(await indexes('events'))
  expect(ofDay).toEqual(expect.arrayContaining(['btree (at)', 'btree (source, at) WHERE (source IS NOT NULL)', 'btree (target, at) WHERE (target IS NOT NULL)']))
  const { rows } = await stand.database.query(`SELECT event_id FROM ${stand.schema}.events WHERE source IS NULL`)
  expect(rows).toEqual([{ event_id: 'old' }])
})

test('a second archiver leaves it to the first, and one that starts later finds nothing to do', async () => {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const before = await indexes('events')
  const options = { databaseUrl: stand.options.databaseUrl, schema: stand.schema, logger, signal: new AbortController().signal }
  await Promise.all([completeIndexes(options), completeIndexes(options)])
  expect(await indexes('events')).toEqual(before)
})
