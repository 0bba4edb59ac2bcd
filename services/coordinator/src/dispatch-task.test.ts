import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type AgentRegistration, type AuditEvent, type Dispatch, localCodec } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import type { InputRecord, RestoredRecord } from '@mesh/runtime'
import { applyRegistration, emptyControl } from './core/control.ts'
import { createDecoder } from './decode.ts'
import { type DispatchPlan, DispatchTask } from './dispatch-task.ts'

const codec = localCodec()
const names = topicNames('mesh')
const workflowId = 'wf'
const task = partitionFor(workflowId, 4)
const at = 1_000_000

const agent = (name: string, offers: string[], dependencies: string[]): AgentRegistration => ({
  name, version: '1.0.0', domain: 'd', ownerTeam: 't', role: 'bot', dependencies, maxConcurrent: 1, slaP95Ms: 1, latencyProfileMs: null,
  capabilities: offers.map(offer => ({ name: offer, inputSchema: '{}', outputSchema: '{}', contractHash: offer })), costProfileMicros: null,
  allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null, urgentCapabilities: [], inboxPartitions: 4, answersPartitions: 8, status: 'active', registeredAtMs: 0
})
const control = emptyControl()
applyRegistration(control, agent('asker', [], ['look']), 0)
applyRegistration(control, agent('looker', ['look'], []), 1)

const dispatch = (change: Partial<Dispatch>): Dispatch => ({
  dispatchId: 'd', workflowId, parentId: null, inReplyTo: null, chain: [], type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'i',
  target: null, capability: 'look', priority: 0, issuedAtMs: at, ttlMs: 500, replyPartition: 0, idempotencyKey: null, costCapMicros: null, confidence: null,
  usage: null, error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})

const signed = (body: Buffer) => codec.encode('SignedDispatch', { body, keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })

/** A task and its changelog, with rounds committed as the runner would. */
class TaskHarness {
  readonly changelog: RestoredRecord[] = []
  readonly decided: AuditEvent[] = [] // without what is only written again
  logic = this.#fresh()
  nowMs = at
  #inputOffset = 0
  lowWater = 0

  #fresh (): DispatchTask {
    return new DispatchTask({
      task, taskCount: 4, decidedBy: 'c', names, codec, control, decode: createDecoder(codec, Buffer.from('key')), payloadHashKeyId: 'k',
      seenBounds: { windowMs: 60_000, recordsMax: 40 }, onDecided: event => { if (event.decision !== 'restated') this.decided.push(event) }
    })
  }

  record (body: Dispatch | Buffer, change: Partial<InputRecord> = {}): InputRecord {
    const value = Buffer.isBuffer(body) ? body : signed(codec.encode('Dispatch', body))
    const lane = Buffer.isBuffer(body) ? 0 : body.priority
    const key = Buffer.from(workflowId)
    const place = { lane, topic: names.dispatch(lane), partition: task, offset: this.#inputOffset++ }
    return { ...place, appendedAtMs: this.nowMs, key, value, headerBytes: 0, headers: {}, ...change }
  }

  round (...records: InputRecord[]): DispatchPlan {
    const plan = this.logic.plan(records, this.nowMs)
    const base = this.changelog.length
    plan.changelog.forEach(({ key, value }, i) => this.changelog.push({ key, value, offset: base + i, appendedAtMs: this.nowMs }))
    const produced = { changelogBaseOffset: plan.changelog.length > 0 ? base : -1, deferredBaseOffset: -1, appendedAtMs: this.nowMs }
    this.lowWater = this.logic.applied(plan, produced).changelogOffset
    return plan
  }

  /** The owner dies; another folds the changelog from the committed mark. */
  failOver (): void {
    this.logic = this.#fresh()
    for (const record of this.changelog.slice(this.lowWater)) this.logic.restoreChangelog(record)
    this.logic.restored({ changelogStartOffset: this.lowWater, changelogNextOffset: this.changelog.length, deferredNextOffset: 0 })
  }
}

describe('a round', () => {
  test('passes the signed bytes on unchanged, with the decision', () => {
    const harness = new TaskHarness()
    const record = harness.record(dispatch({}))
    const [output] = harness.round(record).outputs
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
  ])('%s becomes a dead letter and an audit event by position, and the round goes on', (_, change, code) => {
    const harness = new TaskHarness()
    const plan = harness.round(harness.record(dispatch({}), change), harness.record(dispatch({ dispatchId: 'next' })))
    expect(harness.decided).toMatchObject([{ reason: code, eventId: `mesh.dispatch.p0/${task}/0`, dispatchId: null }, { decision: 'delivered', dispatchId: 'next' }])
    expect(codec.decode('DeadLetter', plan.outputs[0]!.value!)).toMatchObject({ code, ingress: { offset: 0 } })
    expect(plan.changelog[0]!.key).toBe(`position/mesh.dispatch.p0/${task}/0`)
  })

  test('a record of another kind inside the signed envelope is told apart', () => {
    const harness = new TaskHarness()
    const body = codec.encode('AuditStory', { events: [], eventsDropped: 0 })
    harness.round(harness.record(dispatch({}), { value: signed(body) }))
    expect(harness.decided).toMatchObject([{ reason: 'WRONG_RECORD' }])
  })

  test('sees what its own earlier records decided', () => {
    const harness = new TaskHarness()
    harness.round(harness.record(dispatch({})), harness.record(dispatch({})), harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null })))
    expect(harness.decided.map(event => event.decision)).toEqual(['delivered', 'repeated', 'delivered', 'completed'])
  })

  test('planning changes nothing: a round may be planned again', () => {
    const harness = new TaskHarness()
    const record = harness.record(dispatch({}))
    expect(harness.logic.plan([record], at)).toEqual(harness.logic.plan([record], at))
  })

  test('the last record of a dispatch tells its whole story', () => {
    const harness = new TaskHarness()
    harness.round(harness.record(dispatch({})))
    harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'd', source: 'looker', ttlMs: null })))
    const last = harness.changelog.filter(({ key }) => key === 'wf/d').at(-1)!
    expect(codec.decode('AuditStory', last.value!).events.map(event => event.decision)).toEqual(['delivered', 'completed'])
  })

  test('a poison record is refused as such and kept', () => {
    const harness = new TaskHarness()
    const plan = harness.logic.poisoned(harness.record(dispatch({})), new Error('boom'))
    expect(plan.evolutions).toMatchObject([{ event: { decision: 'refused', reason: 'POISON' } }])
    expect(plan.outputs).toMatchObject([{ topic: 'mesh.dead-letter' }])
  })
})

describe('after a failover', () => {
  test('a pending request still times out, once', () => {
    const harness = new TaskHarness()
    harness.round(harness.record(dispatch({})))
    harness.failOver()
    expect(harness.logic.nextDueMs()).toBe(at + 500)
    harness.nowMs = at + 500
    expect(harness.round().outputs).toMatchObject([{ topic: 'mesh.answers.asker', partition: 0 }])
    expect(harness.round().outputs).toEqual([])
  })

  test('property: whenever owners change, every record gets the same decision as with one owner', () => {
    const step = fc.record({ kind: fc.constantFrom('ask', 'answer', 'repeat', 'event', 'wait'), of: fc.nat(8), failOver: fc.boolean(), gapMs: fc.nat(200) })
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), steps => {
      const run = (withFailOver: boolean) => {
        const harness = new TaskHarness()
        let asked = 0
        steps.forEach((now, i) => {
          harness.nowMs += now.gapMs
          const of = `q${Math.max(0, asked - now.of)}`
          const issuedAtMs = harness.nowMs
          if (now.kind === 'ask') harness.round(harness.record(dispatch({ dispatchId: `q${++asked}`, issuedAtMs })))
          if (now.kind === 'repeat') harness.round(harness.record(dispatch({ dispatchId: of, issuedAtMs })))
          if (now.kind === 'answer') harness.round(harness.record(dispatch({ dispatchId: `a${i}`, type: 'response', inReplyTo: of, source: 'looker', ttlMs: null, issuedAtMs })))
          if (now.kind === 'event') harness.round(harness.record(dispatch({ dispatchId: `e${i}`, type: 'event', ttlMs: null, issuedAtMs, priority: 3 })))
          if (now.kind === 'wait') harness.round()
          if (withFailOver && now.failOver) harness.failOver()
        })
        return harness.decided.map(({ eventId, decision, outcome, reason }) => ({ eventId, decision, outcome, reason }))
      }
      expect(run(true)).toEqual(run(false))
    }), { numRuns: 200 })
  })
})

test('the fold stays short: a request that waits long and a quiet lane are written again', () => {
  const harness = new TaskHarness()
  harness.round(harness.record(dispatch({ dispatchId: 'waits', ttlMs: 3_600_000, priority: 1 })))
  for (let i = 0; i < 500; i++) {
    harness.nowMs += 3_000
    harness.round(harness.record(dispatch({ dispatchId: `e${i}`, type: 'event', ttlMs: null, issuedAtMs: harness.nowMs })))
    expect(harness.changelog.length - harness.lowWater).toBeLessThan(200)
  }
  harness.failOver()
  harness.round(harness.record(dispatch({ dispatchId: 'r', type: 'response', inReplyTo: 'waits', source: 'looker', ttlMs: null, issuedAtMs: harness.nowMs, priority: 1 })))
  expect(harness.decided.at(-1)).toMatchObject({ decision: 'completed', dispatchId: 'waits' })
})
