import { beforeEach, describe, expect, test } from '@jest/globals'
import { FailureGround, from, looker, retry } from '../test/failure-ground.ts'
import { agent, at, codec, control, dispatch } from '../test/task-harness.ts'
import { applyRegistration } from './core/control.ts'
import { inHandMax } from './core/retry-budget.ts'

let ground: FailureGround
beforeEach(() => { ground = new FailureGround() })

describe('a failed attempt', () => {
  test.each([false, true])('is followed by another, with the same dispatch, after a wait (owner dies meanwhile: %s)', async dies => {
    looker({ retry })
    await ground.ask()
    await ground.fail()
    expect(ground.outcomes()).toEqual([['retried', null, 'ATTEMPT_FAILED']])
    expect(ground.answered()).toEqual([])
    if (dies) ground.failOver()
    await ground.passes(10, () => ground.deliveries().length === 2)
    expect(ground.nowMs).toBeGreaterThanOrEqual(at + retry.backoffMs / 2)
    expect(ground.deliveries().map(({ attempt, ingress }) => [attempt, ingress.offset])).toEqual([[1, 0], [2, 0]])
    if (dies) ground.failOver()
    await ground.respond()
    expect(ground.outcomes().at(-1)).toEqual(['completed', 'success', null])
    expect(ground.decided.at(-1)).toMatchObject({ attempt: 2, handlerMs: 7 })
    expect(ground.answered()).toHaveLength(1)
    expect(ground.lowWater.deferredOffset).toBe(0)
  })

  test('is the last one when as many as may be have failed, and its error goes to the caller', async () => {
    looker({ retry: { ...retry, attemptsMax: 2 } })
    await ground.ask()
    await ground.fail()
    await ground.passes(10, () => ground.deliveries().length === 2)
    await ground.fail()
    expect(ground.outcomes()).toEqual([['retried', null, 'ATTEMPT_FAILED'], ['redelivered', null, null], ['completed', 'failure', 'HANDLER_FAILED']])
    expect(ground.answered()).toHaveLength(1)
  })

  test.each([
    ['no policy', {}, true], ['an error that says it is final', { retry }, false], ['a code that is not listed', { retry: { ...retry, codes: ['OTHER'] } }, true]
  ])('is the last one with %s', async (_why, change, retriable) => {
    looker(change)
    await ground.ask()
    await ground.fail('DOWN', retriable)
    expect(ground.outcomes()).toEqual([['completed', 'failure', 'HANDLER_FAILED']])
  })

  test('is the last one when the next would come after the deadline', async () => {
    looker({ retry: { ...retry, backoffMs: 5_000, backoffMsMax: 5_000 } })
    await ground.ask({ ttlMs: 2_000 })
    await ground.fail()
    expect(ground.outcomes()).toEqual([['completed', 'failure', 'HANDLER_FAILED']])
  })

  test('is the last one when the budget is spent: calm saves up no more than a few', async () => {
    looker({ retry })
    const calls = 10
    for (let n = 0; n < calls; n++) await ground.ask({ dispatchId: `d${n}` })
    for (let n = 0; n < calls; n++) await ground.fail('DOWN', true, { inReplyTo: `d${n}` })
    const retried = ground.decided.filter(({ decision }) => decision === 'retried').length
    expect(retried).toBe(inHandMax)
    expect(ground.decided.filter(({ reason }) => reason === 'RETRY_BUDGET_SPENT')).toHaveLength(calls - retried)
  })

  test('waits no longer than the deadline, whoever is asked', async () => {
    looker({ retry })
    await ground.ask({ ttlMs: 200 })
    await ground.fail()
    applyRegistration(control, { ...agent('looker', ['look'], []), status: 'quarantined' }, 2)
    await ground.passes(10, () => ground.outcomes().length === 2)
    expect(ground.outcomes().at(-1)).toEqual(['completed', 'failure', 'UNKNOWN_CAPABILITY'])
    expect(ground.notices()).toMatchObject([{ type: 'refused', code: 'UNKNOWN_CAPABILITY' }])
  })
})

describe('silence of a handler', () => {
  test.each([[{ idleTimeoutMs: 100 }, {}], [{}, { idleTimeoutMs: 100 }], [{ idleTimeoutMs: 100 }, { idleTimeoutMs: 5_000 }]])('ends the request at the shorter idle timeout (caller %j, target %j)', async (caller, target) => {
    looker(target)
    await ground.ask(caller)
    ground.nowMs = at + 99
    await ground.round()
    expect(ground.outcomes()).toEqual([])
    ground.failOver()
    await ground.passes(1, () => ground.outcomes().length > 0)
    expect(ground.nowMs).toBe(at + 100)
    expect(ground.outcomes()).toEqual([['timed_out', 'timeout', 'IDLE_TIMEOUT']])
    expect(ground.notices()).toMatchObject([{ type: 'timed_out', code: 'IDLE_TIMEOUT' }])
  })

  test('is broken by progress, but never beyond the deadline', async () => {
    await ground.ask({ idleTimeoutMs: 100, ttlMs: 250 })
    for (const progressAt of [80, 160, 240]) {
      ground.nowMs = at + progressAt
      await ground.ask(from('looker', { type: 'progress' }))
    }
    ground.failOver()
    await ground.passes(1, () => ground.outcomes().length > 0)
    expect([ground.nowMs, ground.outcomes()]).toEqual([at + 250, [['timed_out', 'timeout', 'TIMEOUT']]])
  })

  test('counts from the last sign of life, not from the delivery', async () => {
    await ground.ask({ idleTimeoutMs: 100 })
    ground.nowMs = at + 80
    await ground.ask(from('looker', { type: 'progress' }))
    await ground.passes(1, () => ground.outcomes().length > 0)
    expect(ground.nowMs).toBe(at + 180)
  })

  test('makes another attempt where the policy says so', async () => {
    looker({ retry, idleTimeoutMs: 100 })
    await ground.ask()
    await ground.passes(10, () => ground.deliveries().length === 2)
    expect(ground.outcomes()).toEqual([['retried', null, 'IDLE_TIMEOUT'], ['redelivered', null, null]])
  })

  test('of another agent than the one asked breaks nothing', async () => {
    await ground.ask({ idleTimeoutMs: 100 })
    await ground.ask(from('asker', { type: 'progress' }))
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'REPLY_NOT_ASKED' })
  })
})

describe('a cancel', () => {
  const cancel = (source = 'asker') => ground.ask(from(source, { type: 'cancel' }))

  test('ends the request and reaches the target; what it answers then is late', async () => {
    await ground.ask()
    await cancel()
    expect(ground.outcomes()).toEqual([['cancelled', 'cancelled', 'CANCELLED']])
    const told = ground.outputs.at(-1)!
    expect([told.topic, codec.decode('Dispatch', codec.decode('Delivery', told.value!).dispatch.body).type]).toEqual(['mesh.inbox.looker.p0', 'cancel'])
    await ground.respond()
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'late', reason: 'REPLY_LATE' })
    expect(ground.answered()).toEqual([])
  })

  test('of a request that waits for its next attempt: nobody is handed it again', async () => {
    looker({ retry })
    await ground.ask()
    await ground.fail()
    await cancel()
    ground.nowMs += 60_001
    await ground.round()
    expect(ground.outcomes()).toEqual([['retried', null, 'ATTEMPT_FAILED'], ['cancelled', 'cancelled', 'CANCELLED']])
    expect(ground.deliveries()).toHaveLength(1)
  })

  test.each([false, true])('of a request that is deferred: it is taken off the topic and goes nowhere (owner dies meanwhile: %s)', async dies => {
    ground.quota.delayMs = 300
    await ground.ask()
    await cancel()
    // With the cancel itself: what the owner remembers of it may be gone when the request's time comes.
    expect(ground.deferred).toHaveLength(2)
    if (dies) ground.failOver()
    for (let passed = 0; passed < 10; passed++) {
      ground.nowMs += 50
      await ground.round()
    }
    expect(ground.deferred).toHaveLength(2)
    expect(ground.deferred.at(-1)).toMatchObject({ value: null })
    expect(ground.outcomes()).toEqual([['deferred', null, 'OVER_QUOTA'], ['cancelled', 'cancelled', 'CANCELLED']])
    expect(ground.deliveries()).toEqual([])
  })

  test('of a request that this very round defers: it is not even written to the topic', async () => {
    ground.quota.delayMs = 300
    const made = { ttlMs: 60_000, issuedAtMs: ground.nowMs }
    await ground.round(ground.record(dispatch(made)), ground.record(dispatch({ ...made, ...from('asker', { type: 'cancel' }) })))
    expect(ground.deferred).toEqual([])
    expect(ground.outcomes()).toEqual([['deferred', null, 'OVER_QUOTA'], ['cancelled', 'cancelled', 'CANCELLED']])
  })

  test('of one that lies behind thousands of its order comes too late, and it goes on', async () => {
    ground.quota.delayMs = 300
    const made = { ttlMs: 60_000, issuedAtMs: ground.nowMs }
    await ground.round(...Array.from({ length: 2_001 }, (_, n) => ground.record(dispatch({ ...made, dispatchId: `d${n}` }))))
    await ground.ask(from('asker', { type: 'cancel', inReplyTo: 'd2000' }))
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'late', reason: 'REPLY_LATE' })
    await ground.ask(from('asker', { type: 'cancel', inReplyTo: 'd1999' }))
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'cancelled', dispatchId: 'd1999' })
    expect(ground.deferred).toHaveLength(2_001 + 1)
  })

  test('is only the caller\'s', async () => {
    await ground.ask()
    await cancel('looker')
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'REPLY_UNKNOWN' })
    ground.quota.delayMs = 300
    await ground.ask({ dispatchId: 'e' })
    await ground.ask(from('looker', { type: 'cancel', inReplyTo: 'e' }))
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'REPLY_UNKNOWN' })
  })
})
