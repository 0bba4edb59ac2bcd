import { describe, expect, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { limits } from '@mesh/topics'
import { answerOf, type Asked, cancelOf, type Envelope, eventOf, givenUpOf, type Identity, type Parent, progressOf, requestOf } from './envelope.ts'

const identity: Identity = { name: 'planner', version: '1.2.0', instance: 'planner-7', replyPartition: 3 }
const moment = { dispatchId: 'd-9', workflowId: 'w-new', nowMs: 5_000, brokerNowMs: 5_100 }
const asked: Asked = { capability: 'memory_lookup', payload: Buffer.from('{}') }

function dispatch (change: Partial<Dispatch> = {}): Dispatch {
  return {
    dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'gateway', sourceVersion: '1.0.0',
    sourceInstance: 'gateway-1', target: null, capability: 'plan', priority: 1, issuedAtMs: 4_000, ttlMs: 30_000, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null,
    costCapMicros: null, confidence: null, usage: null, error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
  }
}

const parent = (change: Partial<Dispatch> = {}, deadlineAtMs: number | null = 20_000): Parent => ({ dispatch: dispatch(change), priority: 1, deadlineAtMs })
const made = (envelope: Envelope): Dispatch => {
  if ('problem' in envelope) throw new Error(envelope.problem)
  return envelope.dispatch
}

describe('a request from outside', () => {
  test('begins a workflow', () => expect(made(requestOf(asked, identity, null, moment))).toEqual({
    ...dispatch(), dispatchId: 'd-9', workflowId: 'w-new', chain: [], link: '', source: 'planner', sourceVersion: '1.2.0', sourceInstance: 'planner-7',
    capability: 'memory_lookup', priority: 2, issuedAtMs: 5_000, ttlMs: 30_000, replyPartition: 3
  }))
  test('says within what time it wants to hear something, and under which key a repeat is the same', () =>
    expect(made(requestOf({ ...asked, idleTimeoutMs: 500, idempotencyKey: 'order-7' }, identity, null, moment))).toMatchObject({ idleTimeoutMs: 500, idempotencyKey: 'order-7' }))
  test('takes priority, ttl and target as asked', () =>
    expect(made(requestOf({ ...asked, priority: 0, ttlMs: 700, target: 'memory' }, identity, null, moment))).toMatchObject({ priority: 0, ttlMs: 700, target: 'memory' }))
})

describe('a request from a handler', () => {
  test('inherits workflow, priority and chain', () => {
    const chain = [{ agent: 'human', dispatchId: 'd-0', link: '' }]
    expect(made(requestOf(asked, identity, parent({ chain, link: '4' }), moment))).toMatchObject({
      workflowId: 'w-1', parentId: 'd-1', priority: 1, chain: [...chain, { agent: 'gateway', dispatchId: 'd-1', link: '4' }]
    })
  })
  test('may lower the priority', () => expect(made(requestOf({ ...asked, priority: 3 }, identity, parent(), moment)).priority).toBe(3))
  test('may not raise it', () => expect(requestOf({ ...asked, priority: 0 }, identity, parent(), moment)).toMatchObject({ problem: 'PRIORITY_RAISED' }))
  test('whose parent was lowered by the mesh inherits the class that it has, not the one that it claimed', () => {
    const lowered: Parent = { ...parent({ priority: 0 }), priority: 2 }
    expect(made(requestOf(asked, identity, lowered, moment)).priority).toBe(2)
    expect(requestOf({ ...asked, priority: 1 }, identity, lowered, moment)).toMatchObject({ problem: 'PRIORITY_RAISED' })
  })
  test('does not outlive the dispatch being handled', () => expect(made(requestOf(asked, identity, parent({}, 20_000), moment)).ttlMs).toBe(14_900))
  test('keeps its default where the parent has no deadline', () => expect(made(requestOf(asked, identity, parent({}, null), moment)).ttlMs).toBe(30_000))
  test('is refused when the deadline is over', () => expect(requestOf(asked, identity, parent({}, 5_100), moment)).toMatchObject({ problem: 'DEADLINE_PASSED' }))
  test('leaves room in the chain for its answer', () => {
    const hops = (count: number) => Array.from({ length: count }, (_, index) => ({ agent: 'a', dispatchId: String(index), link: '1' }))
    expect(requestOf(asked, identity, parent({ chain: hops(limits.chainHopsMax - 1) }), moment)).toMatchObject({ problem: 'CHAIN_TOO_LONG' })
    expect(made(requestOf(asked, identity, parent({ chain: hops(limits.chainHopsMax - 2) }), moment)).chain).toHaveLength(limits.chainHopsMax - 1)
  })
})

describe('an event', () => {
  test('has no time to live by default, even under a deadline', () => expect(made(eventOf(asked, identity, parent(), moment))).toMatchObject({ type: 'event', ttlMs: null, inReplyTo: null }))
  test('says where a refusal is to be told', () => expect(made(eventOf(asked, identity, null, moment)).replyPartition).toBe(3))
})

describe('fields out of range are refused', () => {
  test.each([
    ['an empty capability', { capability: '' }], ['a long capability', { capability: 'x'.repeat(limits.idCharsMax + 1) }], ['an empty target', { target: '' }],
    ['a broken priority', { priority: 4 as 3 }], ['a ttl of nothing', { ttlMs: 0 }], ['a ttl that is no number', { ttlMs: NaN }],
    ['an idle timeout of nothing', { idleTimeoutMs: 0 }], ['half a millisecond of it', { idleTimeoutMs: 0.5 }], ['an empty key', { idempotencyKey: '' }]
  ])('%s', (_, change) => expect(requestOf({ ...asked, ...change }, identity, null, moment)).toMatchObject({ problem: 'INVALID_FIELD' }))
  test('a deadline too far away', () => expect(requestOf({ ...asked, ttlMs: limits.ttlMsMax + 1 }, identity, null, moment)).toMatchObject({ problem: 'DEADLINE_TOO_FAR' }))
  test('a workflow id too long', () =>
    expect(requestOf(asked, identity, null, { ...moment, workflowId: 'w'.repeat(limits.idCharsMax + 1) })).toMatchObject({ problem: 'INVALID_FIELD' }))
})

describe('an answer', () => {
  const request = parent({ target: 'planner' })
  const answerMoment = { ...moment, handlerMs: 12 }
  test('repeats what its request said', () => expect(answerOf({ payload: Buffer.from('7') }, request, identity, answerMoment)).toEqual({
    ...dispatch(), dispatchId: 'd-9', parentId: 'd-1', inReplyTo: 'd-1', chain: [{ agent: 'gateway', dispatchId: 'd-1', link: '' }], type: 'response', source: 'planner',
    sourceVersion: '1.2.0', sourceInstance: 'planner-7', issuedAtMs: 5_000, ttlMs: null, replyPartition: 3, handlerMs: 12, payload: Buffer.from('7')
  }))
  test('goes in the class in which its request was delivered', () =>
    expect(answerOf({ payload: Buffer.from('7') }, { ...parent({ priority: 0 }), priority: 2 }, identity, answerMoment).priority).toBe(2))
  test('that is an error carries no payload', () => {
    const error = { code: 'HANDLER_FAILED', message: 'm', retriable: true }
    expect(answerOf({ error }, request, identity, answerMoment)).toMatchObject({ type: 'error', error, payload: Buffer.alloc(0) })
  })
  test('stays within the chain even when the request filled it', () => {
    const chain = Array.from({ length: limits.chainHopsMax }, (_, index) => ({ agent: 'a', dispatchId: String(index), link: '1' }))
    expect(answerOf({ payload: Buffer.from('7') }, parent({ chain }), identity, answerMoment).chain).toHaveLength(limits.chainHopsMax)
  })
})

describe('what is said of a request meanwhile', () => {
  test('progress goes where its answer will go, with nothing in it', () =>
    expect(progressOf({ ...parent({ priority: 0 }), priority: 2 }, identity, moment)).toMatchObject({
      type: 'progress', inReplyTo: 'd-1', workflowId: 'w-1', capability: 'plan', priority: 2, source: 'planner', ttlMs: null, payload: Buffer.alloc(0), error: null, handlerMs: null
    }))
  test('a cancel goes where its request went', () =>
    expect(cancelOf(dispatch({ source: 'planner' }), identity, moment)).toMatchObject({
      type: 'cancel', dispatchId: 'd-9', inReplyTo: 'd-1', workflowId: 'w-1', capability: 'plan', priority: 1, source: 'planner', payload: Buffer.alloc(0), chain: []
    }))
})

test('what is given up goes back as it came, as an error', () => {
  const error = { code: 'SET_ASIDE', message: 'm', retriable: false }
  expect(givenUpOf(error, Buffer.from('signed'), parent({ type: 'event' }), identity, { ...moment, handlerMs: null })).toMatchObject({
    type: 'error', inReplyTo: 'd-1', error, contentType: 'application/vnd.mesh.signed-dispatch', payload: Buffer.from('signed')
  })
})
