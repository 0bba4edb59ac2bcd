import { expect, test } from '@jest/globals'
import { type AgentRegistration, type Dispatch, type ReasonCode } from '@mesh/schemas'
import { limits, partitionFor, topicNames } from '@mesh/topics'
import { conclude, isAdmission } from './admission.ts'
import { applyRegistration, emptyControl } from './control.ts'
import { decide as firstStep } from './decide.ts'
import { decideDue } from './due.ts'
import type { Ingress, IngressFacts } from './ingress.ts'
import { defaultSeenBounds } from './seen-window.ts'
import { storyOf } from './story.ts'
import { evolve } from './evolve.ts'
import { TaskState } from './task-state.ts'
import type { TaskView } from './task-state.ts'
import type { Rules, Verdict } from './verdict.ts'

const taskCount = 4
const workflowId = 'wf-1'
const partition = partitionFor(workflowId, taskCount)
const at = 1_000_000

const registration = (name: string, change: Partial<AgentRegistration> = {}): AgentRegistration => ({
  name, version: '1.0.0', domain: 'conversation', ownerTeam: 'nlp', role: 'bot', capabilities: [], dependencies: [], maxConcurrent: 1, slaP95Ms: 100,
  latencyProfileMs: null, costProfileMicros: null, allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null,
  urgentCapabilities: [], chainLimits: null, inboxPartitions: 4, answersPartitions: 8, status: 'active', registeredAtMs: 0, ...change
})
const capability = (name: string) => ({ name, inputSchema: '{}', outputSchema: '{}', contractHash: name, retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null })

const control = emptyControl()
applyRegistration(control, registration('caller', { dependencies: ['look', 'nobody', 'guarded'] }), 0)
applyRegistration(control, registration('looker', { capabilities: [capability('look')] }), 1)
applyRegistration(control, registration('outsider', { capabilities: [capability('look'), capability('paint')], domain: 'arts' }), 2)
applyRegistration(control, registration('banned', { dependencies: ['look'], capabilities: [capability('guarded')], status: 'quarantined' }), 3)

const names = topicNames('mesh')
const rulesAt = (nowMs: number): Rules => ({
  control, names, claimPolicy: 'refuse', context: { nowMs, task: partition, taskCount, decidedBy: 'test', controlOffset: control.appliedOffset, payloadHashKeyId: 'k' }
})

const dispatch = (change: Partial<Dispatch> = {}): Dispatch => ({
  dispatchId: 'd-1', workflowId, parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'caller', sourceVersion: '1.0.0',
  sourceInstance: 'caller-1', target: null, capability: 'look', priority: 1, issuedAtMs: at, ttlMs: 1_000, replyPartition: 3, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null,
  costCapMicros: null, confidence: null, usage: null, error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})
const answer = (change: Partial<Dispatch> = {}): Dispatch =>
  dispatch({ dispatchId: 'r-1', type: 'response', inReplyTo: 'd-1', source: 'looker', ttlMs: null, replyPartition: 0, ...change })

let offset = 0
const ingress = (from: Dispatch, facts: Partial<IngressFacts> = {}, payloadHash = 'hash'): Ingress => ({
  kind: 'readable', dispatch: from, payloadHash, idempotencyKey: from.idempotencyKey, isChecked: false, isRedriven: false,
  facts: { position: { topic: names.dispatch(1), partition, offset: offset++ }, lane: 1, appendedAtMs: at, key: workflowId, ...facts }
})

const limitsWide = { quotaId: 'role/bot', ratePerS: 1_000, burst: 1_000, outstandingMax: 10 }
const free = { outcome: 'granted', delayMs: 0, backlogRecords: 0, clearsInMs: 0, episode: null, isLocal: false } as const

/** With a quota that never asks anybody to wait. */
function decide (record: Ingress, view: TaskView, rules: Rules): Verdict {
  const step = firstStep(record, view, rules)
  return isAdmission(step) ? conclude(step, { slot: free, limits: limitsWide, behindDueMs: undefined }, rules) : step
}

/** Takes a verdict's events into the state, as a committed round would. */
function commit (state: TaskState, verdict: Verdict): void {
  for (const event of verdict.events) {
    const story = storyOf(event, state)
    evolve(state, event, story.events.slice(0, -1), story.eventsDropped, offset++)
  }
}

function given (...earlier: Ingress[]) {
  const state = new TaskState(4, defaultSeenBounds)
  for (const record of earlier) commit(state, decide(record, state, rulesAt(at)))
  return { state, when: (record: Ingress, nowMs = at) => decide(record, state, rulesAt(nowMs)) }
}

test('a request to a declared capability is delivered to the agent of the same domain, at the partition of its workflow', () => {
  const verdict = given().when(ingress(dispatch()))
  expect(verdict.events).toMatchObject([{ decision: 'delivered', outcome: null, target: 'looker', deadlineAtMs: at + 1_000, deliveredTo: 'mesh.inbox.looker.p1' }])
  expect(verdict.delivery).toMatchObject({ topic: 'mesh.inbox.looker.p1', partition: partitionFor(workflowId, 4), key: workflowId, decision: { target: 'looker', attempt: 1 } })
  expect(verdict.notices).toBeUndefined()
})

test('an event is its own outcome', () =>
  expect(given().when(ingress(dispatch({ type: 'event', ttlMs: null }))).events).toMatchObject([{ decision: 'delivered', outcome: 'success', deadlineAtMs: null }]))

test('a request without a ttl gets thirty seconds', () =>
  expect(given().when(ingress(dispatch({ ttlMs: null }))).events[0]!.deadlineAtMs).toBe(at + 30_000))

test('an answer goes to the partition where the caller waits, and the request is completed', () => {
  const verdict = given(ingress(dispatch())).when(ingress(answer()))
  expect(verdict.delivery).toMatchObject({ topic: 'mesh.answers.caller', partition: 3, key: 'd-1' })
  expect(verdict.events).toMatchObject([
    { decision: 'delivered', dispatchId: 'r-1', target: 'caller', outcome: 'success' },
    { decision: 'completed', dispatchId: 'd-1', outcome: 'success', target: 'looker' }])
  expect(verdict.events[1]!.eventId).toBe(`${verdict.events[0]!.eventId}/outcome`)
})

test('an error answer completes the request as a failure', () => {
  const failed = answer({ type: 'error', error: { code: 'HANDLER_FAILED', message: 'no', retriable: true } })
  expect(given(ingress(dispatch())).when(ingress(failed)).events[1]).toMatchObject({ decision: 'completed', outcome: 'failure', reason: 'HANDLER_FAILED' })
  const own = { ...failed, error: { code: 'SOLD_OUT', message: 'none left', retriable: false } }
  expect(given(ingress(dispatch())).when(ingress(own)).events[1]).toMatchObject({ reason: 'HANDLER_FAILED' })
})

test.each<[string, Ingress, ReasonCode]>([
  ['an undeclared capability', ingress(dispatch({ capability: 'paint' })), 'UNDECLARED_DEPENDENCY'],
  ['a capability nobody offers', ingress(dispatch({ capability: 'nobody' })), 'UNKNOWN_CAPABILITY'],
  ['a capability that only a quarantined agent offers', ingress(dispatch({ capability: 'guarded' })), 'UNKNOWN_CAPABILITY'],
  ['an unregistered source', ingress(dispatch({ source: 'nobody' })), 'UNKNOWN_SOURCE'],
  ['a quarantined source', ingress(dispatch({ source: 'banned' })), 'QUARANTINED'],
  ['an unknown target', ingress(dispatch({ target: 'ghost' })), 'UNKNOWN_TARGET'],
  ['a target without the capability', ingress(dispatch({ target: 'banned' })), 'UNKNOWN_TARGET'],
  ['a quarantined target', ingress(dispatch({ target: 'banned', capability: 'guarded' })), 'QUARANTINED'],
  ['a priority other than the topic\'s', ingress(dispatch({ priority: 0 })), 'PRIORITY_MISMATCH'],
  ['a priority out of range', ingress(dispatch({ priority: 7 }), { lane: 7 }), 'INVALID_FIELD'],
  ['a key other than the workflow', ingress(dispatch(), { key: 'other' }), 'KEY_MISMATCH'],
  ['a partition other than the key\'s', ingress(dispatch(), { position: { topic: names.dispatch(1), partition: (partition + 1) % taskCount, offset: 1 } }), 'KEY_MISMATCH'],
  ['an empty id', ingress(dispatch({ dispatchId: '' })), 'INVALID_FIELD'],
  ['an id too long', ingress(dispatch({ dispatchId: 'x'.repeat(limits.idCharsMax + 1) })), 'INVALID_FIELD'],
  ['an answer to nothing', ingress(answer({ inReplyTo: null })), 'INVALID_FIELD'],
  ['an error without its detail', ingress(answer({ type: 'error' })), 'INVALID_FIELD'],
  ['a time of issue ahead of the broker', ingress(dispatch({ issuedAtMs: at + 60_000 })), 'ISSUED_IN_FUTURE'],
  ['a ttl of zero', ingress(dispatch({ ttlMs: 0 })), 'DEADLINE_PASSED'],
  ['a ttl below zero', ingress(dispatch({ ttlMs: -5 })), 'DEADLINE_PASSED'],
  ['a ttl absurdly far', ingress(dispatch({ ttlMs: limits.ttlMsMax + 1 })), 'DEADLINE_TOO_FAR'],
  ['a reply partition that does not exist', ingress(dispatch({ replyPartition: 8 })), 'REPLY_PARTITION_RANGE'],
  ['a negative reply partition', ingress(dispatch({ replyPartition: -1 })), 'REPLY_PARTITION_RANGE'],
  ['a request without a reply partition', ingress(dispatch({ replyPartition: null })), 'REPLY_PARTITION_RANGE'],
  ['an answer to an unknown request', ingress(answer()), 'REPLY_UNKNOWN']
])('%s is refused', (_, record, code) => {
  const verdict = given().when(record)
  expect(verdict.events).toMatchObject([{ decision: 'refused', outcome: 'refused', reason: code }])
  expect(verdict.delivery).toBeUndefined()
})

test('a refusal is told to the instance that sent it', () =>
  expect(given().when(ingress(dispatch({ capability: 'paint' }))).notices).toMatchObject([{
    topic: 'mesh.answers.caller', partition: 3, notice: { type: 'refused', code: 'UNDECLARED_DEPENDENCY', dispatchId: 'd-1', sourceInstance: 'caller-1', retriable: false }
  }]))

test('a refusal of an unknown source can be told to nobody', () =>
  expect(given().when(ingress(dispatch({ source: 'nobody' }))).notices).toBeUndefined())

test('a record that can\'t be read is refused by its position and kept as a dead letter', () => {
  const facts: IngressFacts = { position: { topic: names.dispatch(1), partition, offset: 77 }, lane: 1, appendedAtMs: at, key: null }
  const verdict = given().when({ kind: 'unreadable', facts, code: 'GARBAGE', message: 'not Avro' })
  expect(verdict.events).toMatchObject([{ eventId: `mesh.dispatch.p1/${partition}/77`, decision: 'refused', reason: 'GARBAGE', dispatchId: null }])
  expect(verdict.deadLetter).toEqual({ code: 'GARBAGE', message: 'not Avro' })
})

test('the same dispatch again is not delivered again, and moves the answer to the instance that sent it last', () => {
  const { state, when } = given(ingress(dispatch()))
  const repeat = when(ingress(dispatch({ sourceInstance: 'caller-2', replyPartition: 5, issuedAtMs: at + 1 })))
  expect(repeat).toMatchObject({ events: [{ decision: 'repeated', reason: 'DUPLICATE', outcome: null }] })
  expect(repeat.delivery).toBeUndefined()
  commit(state, repeat)
  expect(decide(ingress(answer()), state, rulesAt(at)).delivery).toMatchObject({ partition: 5 })
})

test('the same id with another body is refused, and the first one still gets its answer', () => {
  const { state, when } = given(ingress(dispatch()))
  const conflict = when(ingress(dispatch(), {}, 'other hash'))
  expect(conflict.events).toMatchObject([{ decision: 'refused', reason: 'DUPLICATE_CONFLICT' }])
  commit(state, conflict)
  expect(decide(ingress(answer()), state, rulesAt(at)).events).toHaveLength(2)
})

test('a repeat of a request that has its outcome is told so', () => {
  const { when } = given(ingress(dispatch()), ingress(answer()))
  expect(when(ingress(dispatch()))).toMatchObject({ events: [{ decision: 'repeated' }], notices: [{ notice: { code: 'DUPLICATE' } }] })
})

test('an answer from an agent that was not asked is refused, and the request still waits', () => {
  const { state, when } = given(ingress(dispatch()))
  commit(state, expectRefused(when(ingress(answer({ source: 'outsider' }))), 'REPLY_NOT_ASKED'))
  expect(state.pending('d-1')).toBeDefined()
})

test('a second answer is refused', () => {
  expectRefused(given(ingress(dispatch()), ingress(answer())).when(ingress(answer({ dispatchId: 'r-2' }))), 'REPLY_SECOND')
})

test('at its deadline a request ends in a timeout, told to who waits, and a later answer is recorded as late', () => {
  const { state } = given(ingress(dispatch()))
  expect(state.nextDueMs()).toBe(at + 1_000)
  expect(state.dueIds(at + 999, 10)).toEqual([])
  expect(state.dueIds(at + 1_000, 10)).toEqual(['d-1'])
  const timeout = decideDue('d-1', state.pending('d-1')!, state, rulesAt(at + 1_000)) as Verdict
  expect(timeout).toMatchObject({
    events: [{ decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', latencyMs: 1_000 }],
    notices: [{ topic: 'mesh.answers.caller', partition: 3, notice: { type: 'timed_out', dispatchId: 'd-1' } }]
  })
  commit(state, timeout)
  expect(state.nextDueMs()).toBeUndefined()
  const late = decide(ingress(answer(), { appendedAtMs: at + 1_100 }), state, rulesAt(at + 1_100))
  expect(late).toMatchObject({ events: [{ decision: 'late', reason: 'REPLY_LATE' }] })
  expect(late.delivery).toBeUndefined()
})

test('an answer appended after the deadline is late even before the timeout was recorded', () =>
  expect(given(ingress(dispatch())).when(ingress(answer(), { appendedAtMs: at + 1_001 }), at + 1_001).events).toMatchObject([{ decision: 'late' }]))

test('a request whose deadline passed while it waited to be decided is refused', () => {
  expectRefused(given().when(ingress(dispatch()), at + 1_000), 'DEADLINE_PASSED')
})

test('an event of a verdict never holds the payload', () =>
  expect(JSON.stringify(given().when(ingress(dispatch({ payload: Buffer.from('"secret"') }))).events)).not.toMatch(/secret|115,101/))

function expectRefused (verdict: Verdict, code: ReasonCode): Verdict {
  expect(verdict.events).toMatchObject([{ decision: 'refused', reason: code }])
  return verdict
}
