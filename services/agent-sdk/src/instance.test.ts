import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { answerTo, blank, decidedAtMs, noticeOf, received, setting } from '../test/instance-ground.ts'
import { partsOf } from './agent-parts.ts'
import { MeshError } from './errors.ts'
import type { Recover } from './exchange-parts.ts'
import type { AnyHandler, Began } from './pipeline.ts'

const moment = () => new Promise(setImmediate)
const asksLookup: AnyHandler = (_, mesh) => mesh.call('lookup', {})

afterEach(() => { jest.useRealTimers() })

describe('a delivery', () => {
  test('handled twice sends the same ids', async () => {
    const ids = await Promise.all([1, 2].map(async () => {
      const { instance, sent } = setting(async (_, mesh) => { await Promise.all([mesh.send('lookup', 1), mesh.send('lookup', 2)]) })
      await instance.receive(received())
      return sent.map(dispatch => dispatch.dispatchId)
    }))
    expect(ids[0]).toEqual(ids[1])
    expect(new Set(ids[0]).size).toBe(3)
  })

  test('that is over when its turn comes is not handled', async () => {
    const handler = jest.fn<AnyHandler>()
    const { instance, sent } = setting(handler)
    instance.brokerClock.observe(decidedAtMs + 30_000, performance.now())
    expect(await instance.receive(received())).toEqual({ type: 'done', error: null })
    expect(handler).not.toHaveBeenCalled()
    expect(sent).toEqual([])
    expect(instance.counters.read()).toMatchObject({ expired: 1, handled: 0 })
  })

  test('that the mesh lowered is handled, answered and handed on in the class that it has', async () => {
    const seen: number[] = []
    const { instance, sent } = setting(async (_, mesh) => {
      seen.push(mesh.priority)
      await mesh.send('lookup', 1)
    })
    await instance.receive(received({ priority: 0 }, null, 2))
    expect(seen).toEqual([2])
    expect(sent.map(dispatch => [dispatch.type, dispatch.priority])).toEqual([['event', 2], ['response', 2]])
  })

  test('says how long it took from its append to its handler, and in which class', async () => {
    const began: Began[] = []
    const { agent, instance } = setting(() => null)
    partsOf(agent).begun.add(event => began.push(event))
    const now = jest.spyOn(Date, 'now').mockReturnValue(decidedAtMs + 250)
    await instance.receive(received({ priority: 0 }, null, 1))
    now.mockRestore()
    expect(began).toEqual([{ priority: 1, latencyMs: 250 }])
  })

  test('that is read again while it runs shares the run', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const handler = jest.fn<AnyHandler>().mockReturnValue(held)
    const { instance, sent } = setting(handler)
    const runs = [instance.receive(received()), instance.receive(received())]
    release()
    expect(await Promise.all(runs)).toEqual([{ type: 'done', error: null }, { type: 'done', error: null }])
    expect(handler).toHaveBeenCalledTimes(1)
    expect(sent).toHaveLength(1)
    expect(instance.counters.read().repeated).toBe(1)
  })

  test('counts as done only when what the handler sent without waiting has arrived', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    const { instance } = setting((_, mesh) => { void mesh.send('lookup', 1) })
    const order: string[] = []
    instance.exchange.send = async () => {
      await arrived
      order.push('arrived')
      return { dispatchId: 'x', workflowId: 'w-1' }
    }
    const run = instance.receive(received()).then(() => order.push('done'))
    await moment()
    arrive()
    await run
    expect(order).toEqual(['arrived', 'done'])
  })

  test('whose handler ignores its bound is abandoned, the slot is free again, and an event goes back to the mesh', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] })
    const { instance, sent } = setting(() => new Promise(() => {}), { handlerMsMax: 1_000 })
    const run = instance.receive(received({ type: 'event', ttlMs: null }, null))
    await moment()
    await jest.advanceTimersByTimeAsync(6_000)
    expect(await run).toEqual({ type: 'done', error: null })
    expect(sent).toMatchObject([{ type: 'error', inReplyTo: 'd-1', error: { code: 'HANDLER_FAILED', message: expect.stringContaining('TIMEOUT') } }])
    expect(instance.counters.read().abandoned).toBe(1)
  })

  test('whose answer can\'t be sent tries again', async () => {
    const { instance, sent, failures } = setting(() => 7)
    failures.push(new MeshError('QUEUE_FULL', 'full', { retriable: true }))
    await instance.receive(received())
    expect(sent).toMatchObject([{ type: 'response', inReplyTo: 'd-1' }])
  })

  test('that is a second run, superseded, tells no failure', async () => {
    const { promise: held, reject: fail } = Promise.withResolvers<void>()
    const { instance, sent } = setting(() => held)
    const run = instance.receive(received())
    await moment()
    instance.supersede(['d-1'])
    fail(new Error('x'))
    expect(await run).toEqual({ type: 'left' })
    expect(sent).toEqual([])
  })

  test('that is superseded and succeeds is answered', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<number>()
    const { instance, sent } = setting(() => held)
    const run = instance.receive(received())
    instance.supersede(['d-1'])
    release(7)
    expect(await run).toEqual({ type: 'done', error: null })
    expect(sent).toHaveLength(1)
  })
})

describe('a call', () => {
  test('answers and notices for others are ignored', async () => {
    const { instance, sent } = setting(asksLookup)
    const run = instance.receive(received())
    await moment()
    const call = sent[0]!
    const stranger = received({ type: 'response', inReplyTo: 'someone-else' })
    instance.onAnswer(stranger.delivery, stranger.dispatch)
    instance.onNotice(noticeOf(call.dispatchId, { sourceInstance: 'planner-2' }))
    expect(instance.exchange.pendingCalls).toBe(1)
    const { delivery, dispatch } = answerTo(call)
    instance.onAnswer(delivery, dispatch)
    await run
    expect(sent[1]).toMatchObject({ type: 'response', payload: Buffer.from('7') })
  })

  test('over the bound is refused before it is sent', async () => {
    const { instance, sent } = setting(() => null, { callsMax: 1 })
    const ask = { capability: 'lookup', payload: Buffer.from('1') }
    const first = instance.exchange.call(null, ask)
    await expect(instance.exchange.call(null, ask)).rejects.toMatchObject({ code: 'CALLS_FULL', retriable: true })
    expect(sent).toHaveLength(1)
    instance.exchange.stop()
    await expect(first).rejects.toMatchObject({ code: 'STOPPED' })
  })

  test('that nobody says anything about is TIMEOUT, two seconds after its time', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] })
    const { instance } = setting(() => null)
    const call = instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1'), ttlMs: 1_000 })
    const settled = jest.fn()
    call.catch(settled)
    await jest.advanceTimersByTimeAsync(2_999)
    expect(settled).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(1)
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT', retriable: true })
  })

  test('that the broker does not take rejects with why', async () => {
    const { instance, failures } = setting(() => null)
    failures.push(new MeshError('SEND_FAILED', 'no', { retriable: true }))
    await expect(instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1') })).rejects.toMatchObject({ code: 'SEND_FAILED' })
    expect(instance.exchange.pendingCalls).toBe(0)
  })

  test('of a handler that ran before gets the answer of that time', async () => {
    const recover = jest.fn<Recover>().mockImplementation(async id => answerTo({ ...blank, dispatchId: id }))
    const { instance, sent } = setting(asksLookup, { recover })
    const run = instance.receive(received())
    await moment()
    instance.onNotice(noticeOf(sent[0]!.dispatchId))
    await run
    expect(recover).toHaveBeenCalledWith(sent[0]!.dispatchId, decidedAtMs)
    expect(sent[1]).toMatchObject({ type: 'response', payload: Buffer.from('7') })
  })

  test('whose earlier answer is found no more is DUPLICATE', async () => {
    const { instance, sent } = setting(asksLookup, { recover: async () => undefined })
    const run = instance.receive(received())
    await moment()
    instance.onNotice(noticeOf(sent[0]!.dispatchId))
    expect(await run).toMatchObject({ error: { code: 'HANDLER_FAILED', retriable: false, message: expect.stringContaining('DUPLICATE of \'lookup\'') } })
  })

  test('from outside a handler is never looked for: its id was new', async () => {
    const recover = jest.fn<Recover>()
    const { instance, sent } = setting(() => null, { recover })
    const call = instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1') })
    instance.onNotice(noticeOf(sent[0]!.dispatchId, { retryAfterMs: 50 }))
    await expect(call).rejects.toMatchObject({ code: 'DUPLICATE', retryAfterMs: 50 })
    expect(recover).not.toHaveBeenCalled()
  })
})

describe('draining', () => {
  test('waits for handlers and for calls from outside', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<number>()
    const { instance, sent } = setting(() => held)
    const run = instance.receive(received())
    const call = instance.outside(instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1') }))
    const drained = instance.drain(5_000)
    await expect(instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1') })).rejects.toMatchObject({ code: 'STOPPED' })
    release(7)
    await run
    const { delivery, dispatch } = answerTo(sent[0]!)
    instance.onAnswer(delivery, dispatch)
    await Promise.all([drained, call])
    expect(instance.exchange.pendingCalls).toBe(0)
  })

  test('that takes too long aborts what runs and leaves it for another instance', async () => {
    const { instance, sent } = setting((_, mesh) => new Promise((_resolve, reject) => { mesh.signal.addEventListener('abort', () => reject(mesh.signal.reason as Error)) }))
    const run = instance.receive(received())
    await moment()
    await instance.drain(10)
    expect(await run).toEqual({ type: 'left' })
    expect(sent).toEqual([])
    expect(instance.running).toBe(0)
  })

  test('rejects calls that wait on with STOPPED, and leaves the handlers that made them', async () => {
    const { instance, sent } = setting(asksLookup)
    const run = instance.receive(received())
    await moment()
    await instance.drain(10)
    expect(await run).toEqual({ type: 'left' })
    expect(sent).toHaveLength(1)
  })
})
