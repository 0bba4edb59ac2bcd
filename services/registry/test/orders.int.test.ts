// Orders of operators that others carry out: circuits held open or closed, dead letters sent again or discarded.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isProven, type DeadLetter, type Dispatch, type Redrive } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import type { RunningRegistry } from '../src/process.ts'
import { ask, redriveKey, registration, RegistryStand } from './registry-stand.ts'

let stand: RegistryStand
let registry: RunningRegistry
beforeAll(async () => {
  stand = await RegistryStand.open(({ deadLetter, dispatchAll }) => [deadLetter, ...dispatchAll])
  registry = await stand.start()
  await ask(registry.port, '/agents', registration({ name: 'memory', inboxPartitions: 1, answersPartitions: 1 }))
})
afterAll(() => stand.close())

const dispatch: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'work', priority: 2, issuedAtMs: 1, ttlMs: 1_000, replyPartition: 0, idempotencyKey: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{"secret":1}'), idleTimeoutMs: null, handlerMs: null
}
const signed = (changes: Partial<Dispatch> = {}) => stand.codec.encode('SignedDispatch', {
  body: stand.codec.encode('Dispatch', { ...dispatch, ...changes }), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0)
})

/** Writes it as a coordinator does, in a transaction, and answers its offset. */
async function deadLetter (changes: Partial<DeadLetter> = {}, partition = 1): Promise<number> {
  const record: DeadLetter = {
    ingress: { topic: stand.names.dispatch(2), partition: 0, offset: 3 }, code: 'SET_ASIDE', message: 'it crashed', atMs: 5, key: Buffer.from('w-1'), value: signed(),
    dispatchId: 'd-1', workflowId: 'w-1', source: 'asker', target: 'worker', capability: 'work', priority: 2, attempt: 3, ...changes
  }
  return stand.transact(stand.names.deadLetter, partition, 'd-1', stand.codec.encode('DeadLetter', record))
}
const order = (path: string, body: object) => ask(registry.port, path, { who: 'ada', ...body })
const redrive = (place: string, body: object = {}) => order(`/dead-letters/${place}/redrive`, body)
const discard = (place: string, body: object = { why: 'seen to' }) => order(`/dead-letters/${place}/discard`, body)
const setCircuit = (agent: string, state: unknown, changes = {}) => ask(registry.port, `/circuits/${agent}`, { state, who: 'ada', why: 'a test', ...changes }, 'PUT')
const newestChange = async () => (await stand.changes()).at(-1)!

describe('a circuit', () => {
  test('is held open, held closed and left alone; each order is a record, and is listed at once', async () => {
    for (const [state, before] of [['open', null], ['closed', 'open'], [null, 'closed']] as const) {
      const { status, body } = await setCircuit('memory', state)
      expect([status, body]).toEqual([200, { entity: 'circuit/memory', isChanged: true, before, after: state, changeId: expect.any(String), warnings: [] }])
      expect(await newestChange()).toEqual({
        changeId: body.changeId, atMs: expect.any(Number), who: 'ada', why: 'a test', entity: 'circuit/memory',
        before: before === null ? null : `"${before}"`, after: state === null ? null : `"${state}"`
      })
      const { orders } = (await ask(registry.port, '/circuits')).body
      expect(orders).toEqual(state === null ? [] : [{ agent: 'memory', state, who: 'ada', why: 'a test', atMs: expect.any(Number) }])
    }
    const before = (await stand.changes()).length
    expect(await setCircuit('memory', null)).toMatchObject({ status: 200, body: { isChanged: false, changeId: null } })
    expect(await stand.changes()).toHaveLength(before)
  })

  test('of nobody, or with another state, is refused', async () => {
    expect(await setCircuit('nobody', 'open')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    expect(await setCircuit('memory', 'half_open')).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    expect(await setCircuit('memory', undefined)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
  })
})

describe('a dead letter', () => {
  test('is sent again: the dispatch unchanged, to its own topic and task, with a proof', async () => {
    const offset = await deadLetter()
    const startedMs = Date.now()
    const { status, body } = await redrive(`1/${offset}`, { why: 'the worker is mended' })
    const task = partitionFor('w-1', 3)
    expect([status, body]).toEqual([200, {
      entity: `dead-letter/1/${offset}`, isChanged: true, before: null, after: { state: 'redriven', who: 'ada' }, changeId: expect.any(String), warnings: [],
      redriven: { dispatchId: 'd-1', workflowId: 'w-1', position: { topic: stand.names.dispatch(2), partition: task, offset: 0 } }
    }])
    expect(await newestChange()).toMatchObject({ changeId: body.changeId, entity: `dead-letter/1/${offset}`, who: 'ada', why: 'the worker is mended', after: '{"state":"redriven","who":"ada"}' })
    const record = await stand.recordAt(body.redriven.position)
    expect(record.key?.toString()).toBe('w-1')
    const written: Redrive = stand.codec.decode('Redrive', record.value!)
    expect(written).toMatchObject({ who: 'ada', why: 'the worker is mended', deadLetter: { topic: stand.names.deadLetter, partition: 1, offset } })
    expect([written.value.equals(signed()), isProven(Buffer.from(redriveKey), written), isProven(Buffer.from('another key'), written)]).toEqual([true, true, false])
    expect(written.atMs >= startedMs && written.atMs <= Date.now()).toBe(true)
  })

  test('that was sent again is not sent twice by mistake, also after a restart; with `again` it is', async () => {
    const offset = await deadLetter()
    await redrive(`1/${offset}`)
    await stand.drain(registry)
    registry = await stand.start()
    expect(await redrive(`1/${offset}`)).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_SETTLED', detail: expect.stringContaining('was sent again by ada at ') } })
    expect(await discard(`1/${offset}`)).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_SETTLED' } })
    expect(await redrive(`1/${offset}`, { again: true, who: 'bob' })).toMatchObject({ status: 200, body: { before: { state: 'redriven', who: 'ada' }, after: { state: 'redriven', who: 'bob' } } })
  })

  test('that was sent again and is a dead letter once more carries the dispatch alone', async () => {
    const first = await redrive(`1/${await deadLetter()}`)
    const { value } = await stand.recordAt(first.body.redriven.position)
    const second = await redrive(`1/${await deadLetter({ value })}`)
    expect(second.status).toBe(200)
    expect(stand.codec.decode('Redrive', (await stand.recordAt(second.body.redriven.position)).value!).value.equals(signed())).toBe(true)
  })

  test('is discarded with a reason, once', async () => {
    const offset = await deadLetter()
    expect(await discard(`1/${offset}`, {})).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', detail: expect.stringContaining('why') } })
    expect(await discard(`1/${offset}`)).toMatchObject({ status: 200, body: { before: null, after: { state: 'discarded', who: 'ada' } } })
    expect(await newestChange()).toMatchObject({ why: 'seen to', after: '{"state":"discarded","who":"ada"}' })
    expect(await discard(`1/${offset}`)).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_SETTLED', detail: expect.stringContaining('was discarded by ada') } })
  })

  test('without a dispatch that can be read is not sent again, says why without its content, and can be discarded', async () => {
    const ends = () => Promise.all(stand.names.dispatchAll.map(topic => stand.admin.fetchTopicOffsets(topic)))
    const before = await ends()
    const offset = await deadLetter({ value: Buffer.from('{"secret":1}'), dispatchId: null, workflowId: null })
    const refusal = await redrive(`1/${offset}`)
    expect(refusal).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_UNREADABLE', detail: `The dead letter 1/${offset} can not be sent again. Its value can not be read as a dispatch (GARBAGE).` } })
    expect(JSON.stringify(refusal.body)).not.toContain('secret')
    expect(await ends()).toEqual(before)
    expect(await discard(`1/${offset}`)).toMatchObject({ status: 200 })
    const junk = await stand.transact(stand.names.deadLetter, 1, 'x', Buffer.from('junk'))
    expect(await redrive(`1/${junk}`)).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_UNREADABLE' } })
  })

  test.each(['0/0', '1/999999', '77/0'])('that is not there (%s) is said to be not there', async place => {
    expect(await redrive(place)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', detail: `No dead letter lies at ${place}.` } })
    expect(await discard(place)).toMatchObject({ status: 404 })
  })

  test.each(['x/1', '1/-1', '1/1.5', '1e9/1'])('at a place that is none (%s) is refused', async place =>
    expect(await redrive(place)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } }))

  test('of an aborted transaction does not exist', async () => {
    const aborted = await stand.transact(stand.names.deadLetter, 1, 'd-1', stand.codec.encode('Redrive', { value: signed(), deadLetter: { topic: '', partition: 0, offset: 0 }, who: '', why: '', atMs: 0, proof: Buffer.alloc(0) }), 'abort')
    await deadLetter()
    expect(await redrive(`1/${aborted}`)).toMatchObject({ status: 404 })
  })
})

test('its pages describe it', async () => {
  expect((await ask(registry.port, '/docs/json')).body.paths).toMatchObject({
    '/circuits': { get: expect.anything() }, '/circuits/{name}': { put: expect.anything() },
    '/dead-letters/{partition}/{offset}/redrive': { post: expect.anything() }, '/dead-letters/{partition}/{offset}/discard': { post: expect.anything() }
  })
})

describe('a legal hold', () => {
  const day = 24 * 60 * 60 * 1_000
  const held = { fromMs: 100 * day, toMs: 130 * day, workflow: null, agent: 'memory' }
  const put = (body: object, holdId = 'case-42') => ask(registry.port, `/holds/${holdId}`, { who: 'ada', why: 'case 42', ...body }, 'PUT')
  const release = (holdId: string) => ask(registry.port, `/holds/${holdId}`, { who: 'bob', why: 'settled' }, 'DELETE')

  test('is a record with who and why, changed by a second one, ended by a release, known or not', async () => {
    expect(await put(held)).toMatchObject({ status: 200, body: { entity: 'hold/case-42', isChanged: true, before: null, after: held } })
    expect(await newestChange()).toMatchObject({ who: 'ada', why: 'case 42', entity: 'hold/case-42', after: JSON.stringify(held) })
    expect((await ask(registry.port, '/holds')).body).toEqual({ holds: [{ holdId: 'case-42', ...held }] })
    expect(await put(held)).toMatchObject({ body: { isChanged: false } })
    expect(await put({ ...held, toMs: 140 * day })).toMatchObject({ body: { isChanged: true, before: held } })
    expect(await release('case-42')).toMatchObject({ status: 200, body: { before: { toMs: 140 * day }, after: null, warnings: [] } })
    expect(await newestChange()).toMatchObject({ who: 'bob', entity: 'hold/case-42', after: null })
    expect(await release('from-long-ago')).toMatchObject({ status: 200, body: { isChanged: true, before: null, warnings: [expect.stringContaining('does not remember')] } })
    expect((await ask(registry.port, '/holds')).body).toEqual({ holds: [] })
  })

  test('without a reason, turned round, or under another name is refused', async () => {
    for (const body of [{ ...held, why: undefined }, { ...held, toMs: 1 }, { ...held, until: 7 }, { ...held, fromMs: 'yesterday' }]) {
      expect(await put(body)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    }
    expect(await put(held, 'Not_A%20Name')).toMatchObject({ status: 400 })
  })
})
