import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { at, codec, dispatch, signed, task, TaskHarness, workflowId } from '../test/task-harness.ts'

describe('a round', () => {
  test('passes the signed bytes on unchanged, with the decision', async () => {
    const harness = new TaskHarness()
    const record = harness.record(dispatch({}))
    const [output] = (await harness.round(record)).outputs
    const delivery = codec.decode('Delivery', output!.value!)
    expect(output).toMatchObject({ topic: 'mesh.inbox.looker.p0', key: workflowId })
    expect(delivery.dispatch.body.equals(codec.decode('SignedDispatch', record.value!).body)).toBe(true)
    expect(delivery.decision).toMatchObject({ target: 'looker', ingress: { topic: 'mesh.dispatch.p0', partition: task, offset: 0 } })
  })

  test.each([
    ['a null key', { key: null }, 'NULL_KEY'],
    ['a null value', { value: null }, 'NULL_VALUE'],
    ['garbage', { value: Buffer.from('what is this') }, 'GARBAGE'],
    ['an unknown schema id', { value: Buffer.from([0, 0, 9, 9, 9, 1]) }, 'UNKNOWN_SCHEMA_ID'],
    ['a valid id of another record', { value: codec.encode('AuditStory', { events: [], eventsDropped: 0 }) }, 'WRONG_RECORD'],
    ['an oversized value', { value: Buffer.alloc(600 * 1024) }, 'VALUE_TOO_LARGE'],
    ['oversized headers', { headerBytes: 9_000 }, 'HEADERS_TOO_LARGE']
  ])('%s becomes a dead letter and an audit event by position, and the round goes on', async (_, change, code) => {
    const harness = new TaskHarness()
    const plan = await harness.round(harness.record(dispatch({}), change), harness.record(dispatch({ dispatchId: 'next' })))
    expect(harness.decided).toMatchObject([{ reason: code, eventId: `mesh.dispatch.p0/${task}/0`, dispatchId: null }, { decision: 'delivered', dispatchId: 'next' }])
    expect(codec.decode('DeadLetter', plan.outputs[0]!.value!)).toMatchObject({ code, ingress: { offset: 0 } })
    expect(plan.changelog[0]!.key).toBe(`position/mesh.dispatch.p0/${task}/0`)
  })

  test('a record of another kind inside the signed envelope is told apart', async () => {
    const harness = new TaskHarness()
    const body = codec.encode('AuditStory', { events: [], eventsDropped: 0 })
    await harness.round(harness.record(dispatch({}), { value: signed(body) }))
    expect(harness.decided).toMatchObject([{ reason: 'WRONG_RECORD' }])
  })

  test('sees what its own earlier records decided', async () => {
    const harness = new TaskHarness()
    await harness.round(harness.record(dispatch({})), harness.record(dispatch({})), harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null })))
    expect(harness.decided.map(event => event.decision)).toEqual(['delivered', 'repeated', 'delivered', 'completed'])
  })

  test('planning changes nothing: a round may be planned again', async () => {
    const harness = new TaskHarness()
    const record = harness.record(dispatch({}))
    expect(await harness.logic.plan([record], at)).toEqual(await harness.logic.plan([record], at))
  })

  test('the last record of a dispatch tells its whole story', async () => {
    const harness = new TaskHarness()
    await harness.round(harness.record(dispatch({})))
    await harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null })))
    const last = harness.changelog.filter(({ key }) => key === 'wf/d').at(-1)!
    expect(codec.decode('AuditStory', last.value!).events.map(event => event.decision)).toEqual(['delivered', 'completed'])
  })

  test('a poison record is refused as such and kept', async () => {
    const harness = new TaskHarness()
    const plan = harness.logic.poisoned(harness.record(dispatch({})), new Error('boom'))
    expect(plan.evolutions).toMatchObject([{ event: { decision: 'refused', reason: 'POISON' } }])
    expect(plan.outputs).toMatchObject([{ topic: 'mesh.dead-letter' }])
  })
})

describe('after a failover', () => {
  test('a pending request still times out, once', async () => {
    const harness = new TaskHarness()
    await harness.round(harness.record(dispatch({})))
    harness.failOver()
    expect(harness.logic.nextDueMs()).toBe(at + 500)
    harness.nowMs = at + 500
    expect((await harness.round()).outputs).toMatchObject([{ topic: 'mesh.answers.asker', partition: 0 }])
    expect((await harness.round()).outputs).toEqual([])
  })

  test('property: whenever owners change, every record gets the same decision as with one owner', async () => {
    const step = fc.record({ kind: fc.constantFrom('ask', 'answer', 'repeat', 'event', 'wait'), of: fc.nat(8), failOver: fc.boolean(), gapMs: fc.nat(200) })
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async steps => {
      const run = async (withFailOver: boolean) => {
        const harness = new TaskHarness()
        let asked = 0
        for (const [i, now] of steps.entries()) {
          harness.nowMs += now.gapMs
          const of = `q${Math.max(0, asked - now.of)}`
          const issuedAtMs = harness.nowMs
          if (now.kind === 'ask') await harness.round(harness.record(dispatch({ dispatchId: `q${++asked}`, issuedAtMs })))
          if (now.kind === 'repeat') await harness.round(harness.record(dispatch({ dispatchId: of, issuedAtMs })))
          if (now.kind === 'answer') await harness.round(harness.record(dispatch({ dispatchId: `a${i}`, type: 'response', inReplyTo: of, source: 'looker', ttlMs: null, issuedAtMs })))
          if (now.kind === 'event') await harness.round(harness.record(dispatch({ dispatchId: `e${i}`, type: 'event', ttlMs: null, issuedAtMs, priority: 3 })))
          if (now.kind === 'wait') await harness.round()
          if (withFailOver && now.failOver) harness.failOver()
        }
        return harness.decided.map(({ eventId, decision, outcome, reason }) => ({ eventId, decision, outcome, reason }))
      }
      expect(await run(true)).toEqual(await run(false))
    }), { numRuns: 200 })
  })
})

test('the fold stays short: a request that waits long and a quiet lane are written again', async () => {
  const harness = new TaskHarness()
  await harness.round(harness.record(dispatch({ dispatchId: 'waits', ttlMs: 3_600_000, priority: 1 })))
  for (let i = 0; i < 500; i++) {
    harness.nowMs += 3_000
    await harness.round(harness.record(dispatch({ dispatchId: `e${i}`, type: 'event', ttlMs: null, issuedAtMs: harness.nowMs })))
    expect(harness.changelog.length - harness.lowWater.changelogOffset).toBeLessThan(200)
  }
  harness.failOver()
  await harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'waits', source: 'looker', ttlMs: null, issuedAtMs: harness.nowMs, priority: 1 })))
  expect(harness.decided.at(-1)).toMatchObject({ decision: 'completed', dispatchId: 'waits' })
})

test('an owner to whom the broker tells no offsets knows what was taken, and needs no longer a fold than the one before it', async () => {
  const harness = new TaskHarness()
  for (let i = 0; i < 300; i++) {
    harness.nowMs += 3_000
    await harness.round(harness.record(dispatch({ dispatchId: `e${i}`, type: 'event', ttlMs: null, issuedAtMs: harness.nowMs, priority: 1 })))
  }
  const { lowWater: before, inputs } = harness
  harness.lowWater = { changelogOffset: 0, deferredOffset: 0 }
  const restored = harness.failOver()
  expect(restored.marks.changelogOffset).toBeGreaterThanOrEqual(before.changelogOffset)
  expect(before.changelogOffset).toBeGreaterThan(100)
  expect(restored.inputs.get(inputs.at(-1)!.topic)).toBe(inputs.at(-1)!.offset + 1)
})
