import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { PacedCarrier } from './paced-carrier.ts'

const blank: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'note', priority: 2, issuedAtMs: 0, ttlMs: 1_000, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{}')
}
const slow = { type: 'slow_down', ratePerS: 10, burst: 10, backlogRecords: 5, clearsInMs: 10_000 } as const

beforeEach(() => { jest.useFakeTimers({ now: 1_000_000 }) })
afterEach(() => { jest.useRealTimers() })

function setting (instances = 1) {
  const sent: Dispatch[] = []
  const onWaits = jest.fn()
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  const carrier = new PacedCarrier({ carrier: { send: async dispatch => { sent.push(dispatch) } }, clock, instances: () => instances, onWaits })
  const send = (change: Partial<Dispatch>): Promise<void> => carrier.send({ ...blank, ...change })
  return { sent, carrier, onWaits, send, ids: () => sent.map(({ dispatchId }) => dispatchId) }
}

describe('a carrier that paces', () => {
  test('lets answers and P0 go whatever waits', async () => {
    const { carrier, send, ids } = setting()
    carrier.heed(slow)
    void send({ dispatchId: 'waits' })
    await send({ dispatchId: 'answer', type: 'response', inReplyTo: 'd-0', ttlMs: null })
    await send({ dispatchId: 'urgent', priority: 0 })
    expect(ids()).toEqual(['answer', 'urgent'])
    expect(carrier.waiting).toBe(1)
  })

  test('never sends what is cancelled while it waits, and lets the next go in its turn', async () => {
    const { carrier, send, ids } = setting()
    carrier.heed(slow)
    const [given, next] = [send({ dispatchId: 'given up' }), send({ dispatchId: 'next' })]
    const settled = expect(given).rejects.toMatchObject({ code: 'CANCELLED' })
    await send({ dispatchId: 'cancel', type: 'cancel', inReplyTo: 'given up', ttlMs: null })
    await settled
    await jest.advanceTimersByTimeAsync(250)
    await next
    expect(ids()).toEqual(['next'])
    await send({ dispatchId: 'late cancel', type: 'cancel', inReplyTo: 'next', ttlMs: null })
    expect(ids()).toEqual(['next', 'late cancel'])
  })

  test('takes what a dispatch waits from its time to live, and issues it when it goes', async () => {
    const { carrier, send, sent, onWaits } = setting()
    carrier.heed(slow)
    const sending = send({ issuedAtMs: 1_000_000 })
    expect(onWaits).toHaveBeenCalledTimes(1)
    await jest.advanceTimersByTimeAsync(250)
    await sending
    expect(sent[0]!.ttlMs).toBeGreaterThanOrEqual(790)
    expect(sent[0]!.ttlMs).toBeLessThanOrEqual(800)
    expect(sent[0]!.issuedAtMs).toBeGreaterThanOrEqual(1_000_200)
  })

  test('does not send what ran out of time here, and gives its turn to the next', async () => {
    const { carrier, send, ids } = setting(4)
    carrier.heed(slow)
    const late = expect(send({ dispatchId: 'late', ttlMs: 500 })).rejects.toMatchObject({ code: 'DEADLINE_PASSED', dispatchId: 'late', retriable: true })
    const sending = send({ dispatchId: 'patient', ttlMs: null })
    await jest.advanceTimersByTimeAsync(850)
    await late
    await sending
    expect(ids()).toEqual(['patient'])
  })

  test('keeps the order of a class when it is cleared, and refuses more than may wait', async () => {
    const { carrier, send, ids } = setting()
    carrier.heed(slow)
    const sends = Array.from({ length: 10_000 }, (_, index) => send({ dispatchId: String(index), ttlMs: null }))
    await expect(send({})).rejects.toMatchObject({ code: 'QUEUE_FULL', retriable: true })
    carrier.heed({ type: 'cleared' })
    await Promise.all(sends)
    await send({ dispatchId: 'last' })
    expect(ids()).toEqual([...Array.from({ length: 10_000 }, (_, index) => String(index)), 'last'])
  })

  test('that has ended holds nothing back any more', async () => {
    const { carrier, send, ids } = setting()
    carrier.heed(slow)
    const sending = send({ dispatchId: 'waits' })
    carrier.end()
    carrier.heed(slow)
    await Promise.all([sending, send({ dispatchId: 'goes' })])
    expect(ids()).toEqual(['waits', 'goes'])
  })

  test('tells when the carrier could not send what had waited', async () => {
    const carrier = new PacedCarrier({
      carrier: { send: () => Promise.reject(new Error('away')) }, clock: { nowMs: () => 0, monotonicMs: () => performance.now() }, instances: () => 1, onWaits: () => {}
    })
    carrier.heed(slow)
    const failing = expect(carrier.send(blank)).rejects.toThrow('away')
    await jest.advanceTimersByTimeAsync(250)
    await failing
  })
})
