// What is said of a request meanwhile (progress, a cancel), and what a caller may get in place of the answer.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { z } from 'zod'
import { answerTo, noticeOf, received, setting } from '../test/instance-ground.ts'
import { MeshError } from './errors.ts'
import type { AnyHandler } from './pipeline.ts'

const moment = () => new Promise(setImmediate)
const ask = { capability: 'lookup', payload: Buffer.from('1') }
const asksLookup: AnyHandler = (_, mesh) => mesh.call('lookup', {})
const ids = (sent: readonly Dispatch[]): string[] => sent.map(({ dispatchId }) => dispatchId)

afterEach(() => { jest.useRealTimers() })

describe('progress', () => {
  test('is told at most four times an idle time-out, where the request will be answered', async () => {
    const { instance, sent } = setting((_, mesh) => { for (let count = 0; count < 100; count++) mesh.progress() })
    await instance.receive(received({ idleTimeoutMs: 60_000 }, undefined, 3))
    expect(sent.map(({ type, inReplyTo, priority }) => [type, inReplyTo, priority])).toEqual([['progress', 'd-1', 3], ['response', 'd-1', 3]])
  })

  test('goes nowhere where nothing expires, and for events', async () => {
    const { instance, sent } = setting((_, mesh) => { mesh.progress() })
    await instance.receive(received())
    await instance.receive(received({ dispatchId: 'd-2', type: 'event', idleTimeoutMs: 1_000 }))
    expect(sent.map(({ type }) => type)).toEqual(['response'])
  })

  test('that can\'t be sent disturbs nobody', async () => {
    const { instance, sent, failures } = setting((_, mesh) => { mesh.progress() })
    failures.push(new MeshError('QUEUE_FULL', 'full', { retriable: true }))
    await instance.receive(received({ idleTimeoutMs: 1_000 }))
    expect(sent.map(({ type }) => type)).toEqual(['response'])
  })

  test('keeps a handler from its idle time-out, which ends one that is silent, without an answer', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] })
    const { instance, sent } = setting(async (_, mesh) => {
      for (let count = 0; count < 5; count++) {
        await new Promise(resolve => setTimeout(resolve, 90))
        mesh.signal.throwIfAborted()
        mesh.progress()
      }
      await new Promise((_resolve, reject) => mesh.signal.addEventListener('abort', () => reject(mesh.signal.reason as Error)))
    }, { policy: { idleTimeoutMs: 100 } })
    const run = instance.receive(received())
    await moment()
    await jest.advanceTimersByTimeAsync(549)
    expect(instance.running).toBe(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(await run).toEqual({ type: 'done', error: null })
    expect(sent.every(({ type }) => type === 'progress')).toBe(true)
    expect(instance.counters.read()).toMatchObject({ unanswered: 1, handled: 0 })
  })
})

describe('a cancel', () => {
  test('of a call is sent after it, and the caller waits no longer', async () => {
    const { instance, sent } = setting(() => null)
    const aborter = new AbortController()
    const call = instance.exchange.call(null, { ...ask, priority: 1, signal: aborter.signal })
    aborter.abort()
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED', dispatchId: sent[0]!.dispatchId, capability: 'lookup' })
    expect(sent[1]).toMatchObject({ type: 'cancel', inReplyTo: sent[0]!.dispatchId, workflowId: sent[0]!.workflowId, priority: 1 })
    expect(instance.exchange.pendingCalls).toBe(0)
  })

  test('before the call sends nothing', async () => {
    const { instance, sent } = setting(() => null)
    await expect(instance.exchange.call(null, { ...ask, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(sent).toEqual([])
  })

  test('after the answer does nothing', async () => {
    const { instance, sent } = setting(() => null)
    const aborter = new AbortController()
    const call = instance.exchange.call(null, { ...ask, signal: aborter.signal })
    instance.onAnswer(answerTo(sent[0]!).delivery, answerTo(sent[0]!).dispatch)
    aborter.abort()
    expect((await call).payload.toString()).toBe('7')
    expect(sent).toHaveLength(1)
  })

  test('of a request ends its handler and what that asked, without an answer', async () => {
    const { instance, sent } = setting(asksLookup)
    const run = instance.receive(received())
    await moment()
    instance.cancel('d-1')
    expect(await run).toEqual({ type: 'done', error: null })
    expect(sent.map(({ type, inReplyTo }) => [type, inReplyTo])).toEqual([['request', null], ['cancel', sent[0]!.dispatchId]])
    expect(instance.counters.read()).toMatchObject({ unanswered: 1 })
  })

  test('of a request that waits for its turn keeps it from being begun', async () => {
    const handler = jest.fn<AnyHandler>()
    const { instance, sent } = setting(handler)
    instance.cancel('d-1')
    expect(await instance.receive(received())).toEqual({ type: 'done', error: null })
    expect(handler).not.toHaveBeenCalled()
    expect(sent).toEqual([])
  })

  test('is not sent for an agent that stops: another instance wants the answer', async () => {
    const { instance, sent } = setting((_, mesh) => mesh.call('lookup', {}, { signal: mesh.signal }))
    const run = instance.receive(received())
    await moment()
    await instance.drain(10)
    expect(await run).toEqual({ type: 'left' })
    expect(sent.map(({ type }) => type)).toEqual(['request'])
  })
})

describe('a call', () => {
  test('whose target is cut off gets the fixed reply, and is told that it is one', async () => {
    const { instance, sent } = setting((_, mesh) => mesh.callDetailed('lookup', {}, { output: z.object({ turns: z.number() }) }))
    const run = instance.receive(received())
    await moment()
    const fallback = { contentType: 'application/json', payload: Buffer.from('{"turns":0}') }
    instance.onNotice(noticeOf(sent[0]!.dispatchId, { type: 'fallback', code: 'CIRCUIT_FALLBACK', fallback }))
    await run
    expect(JSON.parse(sent[1]!.payload.toString())).toMatchObject({ output: { turns: 0 }, isFallback: true, answeredBy: null, answeredByVersion: null })
  })

  test('that another agent answers for the one asked is told so', async () => {
    const { instance, sent } = setting(() => null)
    const call = instance.exchange.call(null, ask)
    const { delivery, dispatch } = answerTo(sent[0]!)
    instance.onAnswer({ ...delivery, decision: { ...delivery.decision, capability: 'lookup_simple' } }, dispatch)
    expect(await call).toMatchObject({ isFallback: true, answeredBy: 'memory' })
  })

  test('under a key that was used before gets the answer of the first', async () => {
    const { instance, sent } = setting(() => null)
    const call = instance.exchange.call(null, { ...ask, idempotencyKey: 'order-7' })
    const { delivery, dispatch } = answerTo({ ...sent[0]!, dispatchId: 'the first' })
    instance.onAnswer({ ...delivery, decision: { ...delivery.decision, answers: sent[0]!.dispatchId } }, dispatch)
    expect(await call).toMatchObject({ dispatchId: sent[0]!.dispatchId })
  })

  test('under a key goes in the workflow of the key, unless another is given', async () => {
    const { instance, sent } = setting(() => null)
    const key = { ...ask, idempotencyKey: 'order-7', signal: AbortSignal.timeout(1) }
    await Promise.allSettled([key, key, { ...key, workflowId: 'w-9' }].map(asked => instance.exchange.call(null, asked)))
    const requests = sent.filter(({ type }) => type === 'request')
    expect(requests.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['order-7', 'order-7', 'order-7'])
    expect(new Set(ids(requests)).size).toBe(3)
    expect(requests[0]!.workflowId).toBe(requests[1]!.workflowId)
    expect(requests[2]!.workflowId).toBe('w-9')
  })
})
