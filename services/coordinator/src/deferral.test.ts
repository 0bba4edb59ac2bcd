import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { agent, at, codec, control, dispatch, names, task, TaskHarness, until, workflowId } from '../test/task-harness.ts'
import { applyRegistration, applyRemoval } from './core/control.ts'

describe('what waits', () => {
  test('is written whole to the deferred topic and goes on when it is due, with its story', async () => {
    const harness = new TaskHarness()
    harness.quota.delayMs = 300
    await harness.round(harness.record(dispatch({ ttlMs: 60_000 })))
    expect(harness.outputs).toEqual([])
    expect(harness.decided).toMatchObject([{ decision: 'deferred', reason: 'OVER_QUOTA', dueAtMs: at + 300, eventId: `mesh.dispatch.p0/${task}/0` }])
    expect(harness.deferred).toMatchObject([{ key: '0/0' }])
    harness.nowMs = at + 299
    await harness.round()
    expect(harness.outputs).toEqual([])
    harness.nowMs = at + 300
    await harness.round()
    expect(harness.outputs).toMatchObject([{ topic: 'mesh.inbox.looker.p0', key: workflowId }])
    expect(harness.deferred.at(-1)).toMatchObject({ key: '0/0', value: null })
    await harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null, issuedAtMs: harness.nowMs })))
    const last = harness.changelog.filter(({ key }) => key === 'wf/d').at(-1)!
    expect(codec.decode('AuditStory', last.value!).events.map(event => event.decision)).toEqual(['deferred', 'released', 'completed'])
    expect(harness.lowWater.deferredOffset).toBe(harness.deferred.length)
  })

  test('what comes behind it waits, too, though the quota would let it go', async () => {
    const harness = new TaskHarness()
    harness.quota.delayMs = 300
    await harness.round(harness.record(dispatch({ ttlMs: 60_000 })))
    harness.quota.delayMs = 0
    await harness.round(harness.record(dispatch({ dispatchId: 'e', ttlMs: 60_000 })), harness.record(dispatch({ dispatchId: 'other', ttlMs: 60_000, priority: 1 })))
    expect(harness.decided.slice(1)).toMatchObject([{ dispatchId: 'e', decision: 'deferred', reason: 'BEHIND_DEFERRED' }, { dispatchId: 'other', decision: 'delivered' }])
  })

  test('a deadline that its slot would miss is told at once', async () => {
    const harness = new TaskHarness()
    harness.quota.delayMs = 600
    await harness.round(harness.record(dispatch({ ttlMs: 500 })))
    expect(harness.decided).toMatchObject([{ decision: 'refused', reason: 'DEADLINE_UNREACHABLE' }])
    expect(codec.decode('Notice', harness.outputs[0]!.value!)).toMatchObject({ code: 'DEADLINE_UNREACHABLE', retryAfterMs: 600 })
  })

  test('a repeat from another instance moves the answer there', async () => {
    const harness = new TaskHarness()
    harness.quota.delayMs = 300
    await harness.round(harness.record(dispatch({ ttlMs: 60_000 })))
    await harness.round(harness.record(dispatch({ ttlMs: 60_000, sourceInstance: 'j', replyPartition: 5, issuedAtMs: at + 1 })))
    expect(harness.outputs).toEqual([])
    harness.failOver()
    harness.nowMs = at + 300
    await until(async () => {
      harness.nowMs += 20
      await harness.round()
      return harness.outputs.length === 1
    })
    await harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null, issuedAtMs: harness.nowMs })))
    expect(harness.outputs.at(-1)).toMatchObject({ topic: 'mesh.answers.asker', partition: 5 })
  })

  test('a paused target gets nothing until it is resumed, and what waits past its deadline times out', async () => {
    const harness = new TaskHarness()
    applyRegistration(control, { ...agent('looker', ['look'], []), status: 'paused' }, 2)
    try {
      await harness.round(harness.record(dispatch({ ttlMs: 60_000 })), harness.record(dispatch({ dispatchId: 'short', ttlMs: 1_000, workflowId })))
      harness.nowMs = at + 2_000
      await harness.round()
      expect(harness.decided.at(-1)).not.toMatchObject({ decision: 'released' })
    } finally {
      applyRegistration(control, agent('looker', ['look'], []), 3)
    }
    await harness.round()
    expect(harness.decided.slice(2)).toMatchObject([{ dispatchId: 'd', decision: 'released' }, { dispatchId: 'short', decision: 'timed_out' }])
  })

  test('what control state lets through only after the quota was asked is asked for then', async () => {
    const harness = new TaskHarness()
    const { quota } = harness
    applyRegistration(control, { ...agent('looker', ['look'], []), status: 'draining' }, 2)
    const reserve = quota.reserve.bind(quota)
    quota.reserve = (task, owner, requests) => {
      applyRegistration(control, agent('looker', ['look'], []), 3)
      return reserve(task, owner, requests)
    }
    const named = harness.record(dispatch({ dispatchId: 'named', ttlMs: 60_000, target: 'looker' }))
    applyRegistration(control, { ...agent('other', ['look'], []) }, 4)
    try {
      await harness.round(harness.record(dispatch({ ttlMs: 60_000 })), named)
    } finally {
      applyRemoval(control, 'other', '1.0.0', 5)
    }
    expect(harness.decided).toMatchObject([{ decision: 'delivered' }, { dispatchId: 'named', decision: 'delivered' }])
    expect(quota.asked.map(requests => requests.length)).toEqual([1, 2])
  })

  test('property: whatever waits and whenever owners change, each is delivered once, in order', async () => {
    const step = fc.record({ kind: fc.constantFrom('event', 'event', 'event', 'wait'), delayMs: fc.constantFrom(0, 0, 50, 500), priority: fc.constantFrom(2, 3), failOver: fc.boolean(), gapMs: fc.nat(100) })
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
      const harness = new TaskHarness()
      let sent = 0
      for (const { kind, delayMs, priority, failOver, gapMs } of steps) {
        harness.nowMs += gapMs
        harness.quota.delayMs = delayMs
        if (kind === 'event') await harness.round(harness.record(dispatch({ dispatchId: `e${sent++}`, type: 'event', ttlMs: null, priority, issuedAtMs: harness.nowMs })))
        else await harness.round()
        if (failOver) harness.failOver()
      }
      harness.nowMs += 1_000
      const delivered = () => harness.outputs.map(({ topic, value }) => ({ topic, id: codec.decode('Dispatch', codec.decode('Delivery', value!).dispatch.body).dispatchId }))
      await until(async () => {
        harness.nowMs += 20
        await harness.round()
        return harness.outputs.length >= sent
      })
      await harness.round()
      for (const topic of [2, 3].map(priority => names.inbox('looker', priority))) {
        const numbers = delivered().filter(one => one.topic === topic).map(({ id }) => Number(id.slice(1)))
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      }
      expect(new Set(delivered().map(({ id }) => id)).size).toBe(sent)
      expect(harness.outputs).toHaveLength(sent)
    }), { numRuns: 100 })
  })
})
