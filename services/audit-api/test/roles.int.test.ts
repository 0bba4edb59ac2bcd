import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { createSecretKey } from 'node:crypto'
import { rename, utimes, writeFile } from 'node:fs/promises'
import { ApiStand, expectProblem, get, url } from './api-stand.ts'
import { until } from './until.ts'

const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', order: 'asc' }

let stand: ApiStand
let api: Awaited<ReturnType<ApiStand['start']>>

beforeAll(async () => {
  stand = await ApiStand.open()
  const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 10, 0, second)).toISOString()
  await stand.insert([
    { event_id: 'in', at: at(1), source: 'front', target: 'lead-bot', dispatch_id: 'd1', workflow_id: 'w' },
    { event_id: 'out', at: at(2), source: 'lead-bot', target: 'memory', dispatch_id: 'd2', parent_id: 'd1', workflow_id: 'w' },
    { event_id: 'foreign', at: at(3), source: 'memory', target: 'store', dispatch_id: 'd3', parent_id: 'd2', workflow_id: 'w' },
    { event_id: 'back', at: at(4), source: 'store', target: 'crm', dispatch_id: 'd4', parent_id: 'd3', workflow_id: 'w' },
    { event_id: 'refused', at: at(5), source: 'crm', target: null, dispatch_id: 'd5', workflow_id: 'v', decision: 'refused', outcome: 'refused', reason: 'OVER_QUOTA' }
  ])
  for (const [name, team] of [['lead-bot', 'sales'], ['crm', 'sales'], ['memory', 'platform'], ['store', 'platform'], ['front', 'web']] as const) await stand.register(name, team)
  api = await stand.start()
})
afterAll(() => stand.close())

const ask = async (claims: Record<string, unknown>, path = '/events', query: Record<string, string> = range) => get(url(api, path, query), await stand.token(claims))
const ids = async (claims: Record<string, unknown>, query: Record<string, string> = {}) =>
  (await ask(claims, '/events', { ...range, ...query })).body.events?.map(({ eventId }: { eventId: string }) => eventId)
const sales = { role: 'owner', team: 'sales' }

describe('who sees what', () => {
  test('an auditor sees all events', async () => {
    expect(await ids({ role: 'auditor' })).toEqual(['in', 'out', 'foreign', 'back', 'refused'])
    expect(await ids({ role: 'auditor', team: 'sales' })).toHaveLength(5)
  })

  test('an owner sees its team\'s agents in both directions, and nothing of what others do among themselves', async () => {
    expect(await ids(sales)).toEqual(['in', 'out', 'back', 'refused'])
    expect(await ids({ role: 'owner', team: 'web' })).toEqual(['in'])
    expect(await ids({ role: 'owner', team: 'strangers' })).toEqual([])
  })

  test('no filter widens that', async () => {
    expect(await ids(sales, { source: 'memory' })).toEqual([])
    expect(await ids(sales, { agent: 'memory' })).toEqual(['out'])
    expect(await ids(sales, { agent: 'store' })).toEqual(['back'])
    expect(await ids(sales, { agent: 'lead-bot' })).toEqual(['in', 'out'])
    expect(await ids(sales, { dispatch: 'd3' })).toEqual([])
    expect(await ids(sales, { workflow: 'w' })).toEqual(['in', 'out', 'back'])
  })

  test('nor do aggregates, exports and a cursor of somebody else', async () => {
    const { body } = await ask(sales, '/aggregates', { from: range.from, to: range.to, by: 'source' })
    expect(body.groups.map(({ key, events }: { key: string, events: number }) => [key, events])).toEqual([['crm', 1], ['front', 1], ['lead-bot', 1], ['store', 1]])
    const lines = String((await ask(sales, '/export', { from: range.from, to: range.to })).body).trim().split('\n').map(line => JSON.parse(line).eventId)
    expect(lines).toEqual(['in', 'out', 'back', 'refused'])
    expect((await ask({ role: 'owner', team: 'strangers' }, '/export', { from: range.from, to: range.to })).body).toBe('')
    const next = (await ask({ role: 'auditor' }, '/events', { ...range, limit: '2' })).body.next
    expect((await ask(sales, '/events', { ...range, limit: '2', cursor: next })).body.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['back', 'refused'])
  })

  test('in a trace an owner sees its own hops at their depth, and how many there are between others', async () => {
    const { body } = await ask(sales, '/dispatches/d1/trace', {})
    expect(body.hops.map(({ dispatchId, depth }: { dispatchId: string, depth: number }) => [dispatchId, depth])).toEqual([['d1', 0], ['d2', 1], ['d4', 3]])
    expect(body.hopsHidden).toBe(1)
    expectProblem(await ask(sales, '/dispatches/d3/trace', {}), 404, 'NOT_FOUND')
    expect((await ask({ role: 'auditor' }, '/dispatches/d1/trace', {})).body.hops).toHaveLength(4)
  })

  test('an agent that is given to another team takes its past with it; one that is gone is nobody\'s', async () => {
    await stand.register('crm', 'finance', '2.0.0')
    await until(() => ids({ role: 'owner', team: 'finance' }), seen => seen.length > 0)
    expect(await ids({ role: 'owner', team: 'finance' })).toEqual(['back', 'refused'])
    expect(await ids(sales)).toEqual(['in', 'out'])
    await stand.unregister('front')
    await until(() => ids({ role: 'owner', team: 'web' }), seen => seen.length === 0)
    expect(await ids({ role: 'auditor' })).toHaveLength(5)
  })
})

describe('who may not ask', () => {
  const refused = async (token: string | undefined, code: string, status = 401) => {
    const answer = await get(url(api, '/events', range), token)
    expectProblem(answer, status, code)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  }

  test('no token, or something else', async () => {
    await refused(undefined, 'TOKEN_MISSING')
    await refused('abc', 'TOKEN_INVALID')
    const answer = await fetch(url(api, '/export'), { headers: { authorization: `Basic ${btoa('ada:x')}` } })
    expect(answer.status).toBe(401)
  })

  test('an expired token, one without an expiry, another audience, another issuer', async () => {
    await refused(await stand.token({ role: 'auditor' }, { expires: '-1m' }), 'TOKEN_INVALID')
    await refused(await new SignJWT({ sub: 'ada', iss: 'mesh', aud: 'mesh-audit-api', role: 'auditor' }).setProtectedHeader({ alg: 'EdDSA' }).sign(stand.keys.privateKey), 'TOKEN_INVALID')
    await refused(await stand.token({ role: 'auditor', aud: 'another-api' }), 'TOKEN_INVALID')
    await refused(await stand.token({ role: 'auditor', iss: 'somebody' }), 'TOKEN_INVALID')
  })

  test('alg none, a public key taken for a shared secret, a stranger\'s key, and a changed claim', async () => {
    const claims = { sub: 'ada', role: 'auditor' }
    await refused(new UnsecuredJWT(claims).setIssuer('mesh').setAudience('mesh-audit-api').setExpirationTime('1h').encode(), 'TOKEN_INVALID')
    const secret = createSecretKey(Buffer.from(await exportSPKI(stand.keys.publicKey)))
    await refused(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).setIssuer('mesh').setAudience('mesh-audit-api').setExpirationTime('1h').sign(secret), 'TOKEN_INVALID')
    await refused(await stand.token({ role: 'auditor' }, { keys: await generateKeyPair('EdDSA') }), 'TOKEN_INVALID')
    const [head, body, signature] = (await stand.token({ role: 'owner', team: 'web' })).split('.')
    const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body!, 'base64url').toString()), role: 'auditor' })).toString('base64url')
    await refused(`${head}.${changed}.${signature}`, 'TOKEN_INVALID')
  })

  test('a genuine token without a role that may read', async () => {
    await refused(await stand.token({}), 'FORBIDDEN', 403)
    await refused(await stand.token({ role: 'admin' }), 'FORBIDDEN', 403)
    await refused(await stand.token({ role: 'owner' }), 'FORBIDDEN', 403)
  })
})

test('keys are rotated by changing the file; one that holds a private key is as none', async () => {
  const next = await generateKeyPair('ES256', { extractable: true })
  const replace = async (keys: object[]) => {
    await writeFile(`${stand.jwksFile}.next`, JSON.stringify({ keys }))
    await utimes(`${stand.jwksFile}.next`, new Date(), new Date())
    await rename(`${stand.jwksFile}.next`, stand.jwksFile)
  }
  const status = async (token: string) => (await get(url(api, '/events', range), token)).status
  const old = await stand.token()
  const renewed = await stand.token({ role: 'auditor' }, { keys: next, alg: 'ES256' })
  expect(await status(renewed)).toBe(401)
  await replace([{ ...await exportJWK(next.publicKey), kid: 'k1' }])
  await until(() => status(renewed), seen => seen === 200)
  expect(await status(old)).toBe(401)
  await replace([{ ...await exportJWK(next.privateKey), kid: 'k1' }])
  await until(() => status(renewed), seen => seen === 503)
  const ready = await fetch(`http://127.0.0.1:${api.healthPort}/readyz`).then(answer => answer.json()) as { notes: { keys: string } }
  expect(ready.notes.keys).toContain('private')
})

test('a single public key in the environment does without the file', async () => {
  const rsa = await generateKeyPair('RS256')
  const other = await stand.start({ jwksFile: '/nowhere', publicKey: await exportSPKI(rsa.publicKey) })
  expect((await get(url(other, '/events', range), await stand.token({ role: 'auditor' }, { keys: rsa, alg: 'RS256' }))).status).toBe(200)
  expect((await get(url(other, '/events', range), await stand.token())).status).toBe(401)
})
