// What an instance makes of the mesh's word about its quota.
import { describe, expect, test } from '@jest/globals'
import { noticeOf, setting } from '../test/instance-ground.ts'
import type { Refused } from './exchange-parts.ts'
import type { AgentInstance } from './instance.ts'
import type { SlowDownSignal } from './slow-down.ts'

describe('a refusal that says when to try again', () => {
  test.each(['QUOTA_BACKLOG_FULL', 'DEADLINE_UNREACHABLE'])('%s tells the caller, and of an event the listener', async code => {
    const { agent, instance, sent } = setting(() => null)
    const refused: Refused[] = []
    agent.onRefused(refusal => refused.push(refusal))
    const call = instance.exchange.call(null, { capability: 'lookup', payload: Buffer.from('1') })
    await instance.exchange.send(null, { capability: 'lookup', payload: Buffer.from('1') })
    for (const { dispatchId } of sent) instance.onNotice(noticeOf(dispatchId, { code, retriable: true, retryAfterMs: 1_500 }))
    await expect(call).rejects.toMatchObject({ code, retriable: true, retryAfterMs: 1_500 })
    expect(refused).toMatchObject([{ code, retryAfterMs: 1_500 }])
  })
})

describe('over its quota', () => {
  const slowDown = { ratePerS: 10, burst: 10, backlogRecords: 7, clearsInMs: 700 }
  const told = noticeOf('d-9', { type: 'slow_down', sourceInstance: '', code: 'OVER_QUOTA', slowDown })
  const cleared = noticeOf('d-9', { type: 'cleared', sourceInstance: '', code: 'OVER_QUOTA' })
  const event = (instance: AgentInstance): Promise<unknown> => instance.exchange.send(null, { capability: 'lookup', payload: Buffer.from('1') })

  test('each instance is told so, and that it is over; a listener that throws or is removed disturbs nobody', () => {
    const { agent, instance } = setting(() => null)
    const signals: SlowDownSignal[] = []
    const removed: SlowDownSignal[] = []
    agent.onSlowDown(() => { throw new Error('x') })
    agent.onSlowDown(signal => signals.push(signal))
    agent.onSlowDown(signal => removed.push(signal))()
    instance.onNotice(told)
    expect(instance.slowDown).toEqual({ type: 'slow_down', ...slowDown })
    instance.onNotice(cleared)
    expect(instance.slowDown).toBeUndefined()
    expect(signals).toEqual([{ type: 'slow_down', ...slowDown }, { type: 'cleared' }])
    expect(removed).toEqual([])
    expect(instance.counters.read()).toMatchObject({ slowDowns: 1, refused: 0 })
  })

  test('it sends on as fast as it likes unless it is to pace itself', async () => {
    const { instance, sent } = setting(() => null)
    instance.onNotice(told)
    await Promise.all([event(instance), event(instance)])
    expect(sent).toHaveLength(2)
  })

  test('it paces itself when it is to, and all goes once it stops', async () => {
    const { instance, sent } = setting(() => null, { pace: 'auto' })
    await event(instance)
    instance.onNotice(told)
    const waiting = [event(instance), event(instance)]
    expect([sent.length, instance.paced, instance.counters.read().paced]).toEqual([1, 2, 2])
    await instance.drain(1_000)
    await Promise.all(waiting)
    expect([sent.length, instance.paced]).toEqual([3, 0])
  })
})
