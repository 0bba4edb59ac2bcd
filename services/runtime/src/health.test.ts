import { afterEach, describe, expect, test } from '@jest/globals'
import { Counter } from 'prom-client'
import { type Check, type HealthServer, startHealthServer } from './health.ts'
import { createMetrics } from './metrics.ts'

let server: HealthServer | undefined
afterEach(() => server?.close())

const start = async (checks: Record<string, Check> = {}, metrics = createMetrics('sample')) => {
  server = await startHealthServer({ port: 0, metrics, checks })
  return (path: string, options?: RequestInit) => fetch(`http://127.0.0.1:${server!.port}${path}`, options)
}

describe('/readyz', () => {
  test('is 200 when no check has a problem', async () => {
    const get = await start({ broker: () => undefined, database: async () => undefined })
    const response = await get('/readyz')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', problems: {} }])
  })

  test('says what is good to know beside the problems', async () => {
    server = await startHealthServer({ port: 0, metrics: createMetrics('sample'), checks: { broker: () => 'no broker answers' }, notes: { office: () => 'stands by' } })
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`)
    expect(await response.json()).toEqual({ status: 'not ready', problems: { broker: 'no broker answers' }, notes: { office: 'stands by' } })
  })

  test('is 503 and names each problem, also of checks that throw or reject', async () => {
    const get = await start({
      broker: () => 'no broker answers', well: () => undefined,
      database: async () => { throw new Error('connection refused') }, table: () => { throw new Error('out of date') }
    })
    const response = await get('/readyz')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ status: 'not ready', problems: { broker: 'no broker answers', database: 'connection refused', table: 'out of date' } })
  })

  test('answers although a check hangs, and runs it once for all who ask', async () => {
    let calls = 0
    const get = await start({
      stuck () {
        calls++
        return new Promise(() => {})
      }
    })
    const answers = await Promise.all([1, 2, 3].map(async () => (await get('/readyz')).json()))
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ status: 'not ready', problems: { stuck: 'no answer in 2000 ms' } })))
    expect(calls).toBe(1)
  })

  test('asks anew each time', async () => {
    let problem: string | undefined = 'starting'
    const get = await start({ start: () => problem })
    expect((await get('/readyz')).status).toBe(503)
    problem = undefined
    expect((await get('/readyz?verbose')).status).toBe(200)
  })
})

describe('the other paths', () => {
  test('/healthz is 200 whatever the checks say', async () => {
    const get = await start({ broker: () => 'no broker answers' })
    expect((await get('/healthz')).status).toBe(200)
  })

  test('/metrics shows what the process counts and what Node does, with the process as label', async () => {
    const metrics = createMetrics('sample')
    new Counter({ name: 'sample_records_total', help: 'Records.', registers: [metrics.registry] }).inc(3)
    const text = await (await (await start({}, metrics))('/metrics')).text()
    expect(text).toContain('sample_records_total{process="sample"} 3')
    expect(text).toMatch(/nodejs_eventloop_lag_seconds\{process="sample"\}/)
  })

  test('anything else is 404, and only reading is allowed', async () => {
    const get = await start()
    expect((await get('/')).status).toBe(404)
    expect((await get('/readyz', { method: 'POST' })).status).toBe(405)
  })
})

test('a busy port is an error of the start', async () => {
  await start()
  await expect(startHealthServer({ port: server!.port, metrics: createMetrics('other'), checks: {} })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
