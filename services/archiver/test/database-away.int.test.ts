import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { RunningArchiver } from '../src/process.ts'
import { AuditStand } from './audit-stand.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

let stand: AuditStand
let proxy: TcpProxy
let archiver: RunningArchiver
const written: string[] = []

beforeAll(async () => {
  stand = await AuditStand.open()
  const { hostname, port } = new URL(stand.options.databaseUrl)
  proxy = await startTcpProxy(hostname, Number(port || 5432))
})
afterAll(async () => {
  await stand.close()
  await proxy.goAway()
})

const readiness = async () => {
  const response = await fetch(`http://127.0.0.1:${archiver.healthPort}/readyz`)
  return { status: response.status, text: await response.text() }
}

test('an archiver that starts before its database waits for it', async () => {
  await proxy.goAway()
  written.push(...await stand.sendRequests(0, 100))
  const url = new URL(stand.options.databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const starting = stand.startArchiver({ databaseUrl: url.href, runRecordsMax: 50 })
  await Promise.race([starting, until(() => stand.eventIds().catch(() => 'away'), seen => seen === 'away')])
  await proxy.comeBack()
  archiver = await starting
  await stand.archived()
  expect(await stand.eventIds()).toEqual([...written].sort())
})

test('while its database is away it says so, keeps its partitions for longer than a session, and loses nothing', async () => {
  await until(readiness, ({ status }) => status === 200)
  const writing = (async () => { for (let from = 100; from < 600; from += 50) written.push(...await stand.sendRequests(from, from + 50)) })()
  await proxy.goAway()
  const { text } = await until(readiness, ({ status }) => status === 503)
  expect(text).toMatch(/ECONNREFUSED|terminated|ECONNRESET/)
  await writing
  const awaySinceMs = performance.now()
  await until(() => performance.now() - awaySinceMs, ms => ms > stand.options.sessionMs * 1.5)
  expect((await stand.admin.describeGroups([`${stand.namespace}.archiver`])).groups[0]?.members).toHaveLength(1)
  await proxy.comeBack()
  await stand.archived()
  expect(await stand.eventIds()).toEqual([...written].sort())
  await until(readiness, ({ status }) => status === 200)
})

test('connections that the server ends in the middle of the work are made anew', async () => {
  for (let round = 0; round < 5; round++) {
    const from = 600 + round * 100
    const writing = stand.sendRequests(from, from + 100)
    await stand.database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \'mesh-archiver\'')
    written.push(...await writing)
  }
  await stand.archived()
  expect(await stand.eventIds()).toEqual([...written].sort())
})
