// What an attacker with a plain Kafka client can try on the dispatch topics, through a real coordinator: refused with its reason,
// told to the source where that helps, never in an inbox, and the partition goes on.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSigningKey, signBatch, type SigningKey } from '@mesh/signing'
import type { AgentKey, Dispatch, ReasonCode } from '@mesh/schemas'
import { partitionFor } from '@mesh/topics'
import { agentKey, causedBy, MeshStand, offering, registration, request, responseTo, taskCount } from './mesh-stand.ts'

const stand = new MeshStand()
const workflowId = 'forged'
const partition = partitionFor(workflowId, taskCount)
const from = (change: Partial<Dispatch> = {}): Dispatch => request({ workflowId, ...change })
const keys: Record<'expired' | 'early' | 'revoked', SigningKey> = { expired: createSigningKey().key, early: createSigningKey().key, revoked: createSigningKey().key }

beforeAll(async () => {
  await stand.open([
    registration('asker', { dependencies: ['look'] }),
    registration('looker', { capabilities: [offering('look')], dependencies: ['paint'] }),
    registration('painter', { capabilities: [offering('paint')] }),
    registration('thief', { dependencies: ['look', 'paint'] })
  ])
  await publish(agentKey('asker', keys.expired, { notAfterMs: Date.now() - 1_000 }), agentKey('asker', keys.early, { notBeforeMs: Date.now() + 3_600_000 }), agentKey('asker', keys.revoked, { revokedAtMs: 1 }))
  // The shortest, so that it is soon that something was forgotten.
  stand.startCoordinator('c1', 'plain', { MESH_DUPLICATE_WINDOW_MS: '10000' })
})
afterAll(() => stand.close())

async function publish (...published: readonly AgentKey[]): Promise<void> {
  await stand.producer.send({ topic: stand.names.keys, messages: published.map(key => ({ key: key.keyId, value: stand.codec.encode('AgentKey', key), partition: 0 })) })
}

const bodyOf = (dispatch: Dispatch): Buffer => stand.codec.encode('Dispatch', dispatch)
const wrapped = (body: Buffer, signature: { keyId: string, signature: Buffer, proof: Buffer }): Buffer => stand.codec.encode('SignedDispatch', { body, ...signature })
const askers = (): SigningKey => stand.keys.get('asker')!
const signedBy = (key: SigningKey, dispatch: Dispatch): Buffer => wrapped(bodyOf(dispatch), signBatch(key, [bodyOf(dispatch)])[0]!)
/** The first of a batch, with something of it exchanged. */
function ofBatch (change: (own: ReturnType<typeof signBatch>[number], other: ReturnType<typeof signBatch>[number]) => object, dispatch = from()): Buffer {
  const bodies = [dispatch, from(), from()].map(bodyOf)
  const [own, other] = signBatch(askers(), bodies)
  return wrapped(bodies[0]!, { ...own!, ...change(own!, other!) })
}
const bent = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, index) => index === bytes.length - 1 ? byte ^ 1 : byte))

/** Writes a record and then a genuine one; answers the event of the first, once the other has arrived. */
async function write (value: Buffer, lane = 1, key = workflowId) {
  const topic = stand.names.dispatch(lane)
  const [metadata] = await stand.producer.send({ topic, acks: -1, messages: [{ key, value, partition }] })
  const next = from({ priority: lane })
  await stand.send(next)
  await stand.until('the next dispatch arriving', () => hasReached(next.dispatchId))
  const eventId = `${topic}/${partition}/${metadata!.baseOffset}`
  return stand.audit.find(({ value: event }) => event.eventId === eventId)!
}

const hasReached = (dispatchId: string): boolean => stand.inbox.some(({ value: { dispatch } }) => dispatch.dispatchId === dispatchId)
const told = (dispatchId: string) =>
  stand.answers.filter(({ value: { notice } }) => notice?.dispatchId === dispatchId).map(({ value: { notice } }) => notice!.code)

describe('a dispatch', () => {
  const of = (make: (dispatch: Dispatch) => Buffer) => (): [Dispatch, Buffer] => {
    const dispatch = from()
    return [dispatch, make(dispatch)]
  }
  test.each<[string, () => [Dispatch, Buffer], ReasonCode]>([
    ['that is not signed', of(dispatch => wrapped(bodyOf(dispatch), { keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })), 'UNSIGNED'],
    ['under a key that nobody registered', of(dispatch => signedBy(createSigningKey().key, dispatch)), 'KEY_UNKNOWN'],
    ['with somebody else\'s signature', of(dispatch => signedBy(stand.keys.get('thief')!, dispatch)), 'KEY_NOT_OF_SOURCE'],
    ['with somebody else\'s signature under the source\'s key id', of(dispatch => wrapped(bodyOf(dispatch), { ...signBatch(stand.keys.get('thief')!, [bodyOf(dispatch)])[0]!, keyId: askers().keyId })), 'SIGNATURE_INVALID'],
    ['under an expired key', of(dispatch => signedBy(keys.expired, dispatch)), 'KEY_EXPIRED'],
    ['under a key that is not valid yet', of(dispatch => signedBy(keys.early, dispatch)), 'KEY_EXPIRED'],
    ['under a revoked key', of(dispatch => signedBy(keys.revoked, dispatch)), 'KEY_REVOKED'],
    ['with an altered body', of(dispatch => wrapped(bodyOf({ ...dispatch, ttlMs: 29_999 }), signBatch(askers(), [bodyOf(dispatch)])[0]!)), 'SIGNATURE_INVALID'],
    ['with an altered path', of(dispatch => ofBatch(({ proof }) => ({ proof: bent(proof) }), dispatch)), 'SIGNATURE_INVALID'],
    ['with another one\'s path', of(dispatch => ofBatch((_own, { proof }) => ({ proof }), dispatch)), 'SIGNATURE_INVALID'],
    ['with an altered signature', of(dispatch => ofBatch(({ signature }) => ({ signature: bent(signature) }), dispatch)), 'SIGNATURE_INVALID'],
    ['of a batch, shown as if alone', of(dispatch => ofBatch(() => ({ proof: Buffer.alloc(0) }), dispatch)), 'SIGNATURE_INVALID']
  ])('%s is refused and told to its source', async (_what, make, code) => {
    const [{ dispatchId }, value] = make()
    const { value: event, key } = await write(value)
    expect(event).toMatchObject({ decision: 'refused', outcome: 'refused', reason: code, source: 'asker', dispatchId })
    // Not under the dispatch's own key: it may be another's id.
    expect(key).toBe(`position/${event.eventId}`)
    expect(hasReached(dispatchId)).toBe(false)
    await stand.until('the source being told', () => told(dispatchId).includes(code))
  })

  test('of a batch of many arrives, each with its own place in it', async () => {
    const dispatches = Array.from({ length: 70 }, () => from())
    const bodies = dispatches.map(bodyOf)
    const values = signBatch(askers(), bodies).map((signature, index) => wrapped(bodies[index]!, signature))
    await stand.producer.send({ topic: stand.names.dispatch(1), acks: -1, messages: values.map(value => ({ key: workflowId, value, partition })) })
    await stand.until('all of them arriving', () => dispatches.every(({ dispatchId }) => hasReached(dispatchId)))
  })

  test('under a key that is revoked while it works is refused within two seconds', async () => {
    const { key } = createSigningKey()
    await publish(agentKey('asker', key))
    await stand.until('the key being known', async () => (await write(signedBy(key, from()))).value.decision === 'delivered')
    await publish(agentKey('asker', key, { revokedAtMs: Date.now() }))
    const revokedMs = performance.now()
    await stand.until('its refusal', async () => (await write(signedBy(key, from()))).value.reason === 'KEY_REVOKED')
    expect(performance.now() - revokedMs).toBeLessThan(2_000)
  })
})

describe('what is sent again', () => {
  test('by somebody who recorded it is a repeat, and reaches nobody', async () => {
    const dispatch = from()
    const value = stand.signed(dispatch)
    expect((await write(value)).value).toMatchObject({ decision: 'delivered' })
    expect((await write(value)).value).toMatchObject({ decision: 'repeated', reason: 'DUPLICATE', dispatchId: dispatch.dispatchId })
    expect(stand.inbox.filter(({ value: { dispatch: { dispatchId } } }) => dispatchId === dispatch.dispatchId)).toHaveLength(1)
  })

  test('before it was issued is refused', async () => {
    expect((await write(stand.signed(from({ issuedAtMs: Date.now() + 3_600_000 })))).value).toMatchObject({ decision: 'refused', reason: 'ISSUED_IN_FUTURE' })
  })

  test('so long after it was issued that it may have been forgotten is refused', async () => {
    // Until something was forgotten, whatever is new is known to be new.
    await stand.until('the first ids being forgotten', async () => (await write(stand.signed(from({ issuedAtMs: Date.now() - 3_600_000 })))).value.reason === 'STALE')
  })

  test('on another workflow\'s key is refused', async () => {
    const { value: event } = await write(stand.signed(from()), 1, 'another')
    expect(event).toMatchObject({ decision: 'refused', reason: 'KEY_MISMATCH' })
  })

  test('with the id of a request that waits, by somebody else, changes nothing for who waits', async () => {
    const asked = from()
    await write(stand.signed(asked))
    const forged = { ...asked, payload: Buffer.from('"forged"'), sourceInstance: asked.sourceInstance }
    const { value: event, key } = await write(wrapped(bodyOf(forged), signBatch(stand.keys.get('thief')!, [bodyOf(forged)])[0]!))
    expect([event.reason, key]).toEqual(['KEY_NOT_OF_SOURCE', `position/${event.eventId}`])
    expect(told(asked.dispatchId)).toEqual([])
    const answer = responseTo(asked)
    await stand.send(answer)
    await stand.until('the answer', () => stand.answers.some(({ value: { dispatch } }) => dispatch?.inReplyTo === asked.dispatchId))
  })

  test('as an answer that its target did not sign reaches nobody', async () => {
    const asked = from()
    await write(stand.signed(asked))
    const answer = responseTo(asked)
    const { value: event } = await write(wrapped(bodyOf(answer), signBatch(stand.keys.get('thief')!, [bodyOf(answer)])[0]!))
    expect(event).toMatchObject({ decision: 'refused', reason: 'KEY_NOT_OF_SOURCE', inReplyTo: asked.dispatchId })
    expect(stand.answers.some(({ value: { dispatch } }) => dispatch?.inReplyTo === asked.dispatchId)).toBe(false)
  })
})

describe('a chain', () => {
  const child = (parent: Dispatch, source: string, change: Partial<Dispatch> = {}): Dispatch => causedBy(parent, { source, capability: 'paint', ...change })

  test('as it was is taken', async () => {
    const root = from()
    await write(stand.signed(root))
    const next = child(root, 'looker', { type: 'event', ttlMs: null })
    expect((await write(stand.signed(next))).value).toMatchObject({ decision: 'delivered', hop: 1, target: 'painter' })
  })

  test.each<[string, (deep: Dispatch, root: Dispatch) => Dispatch]>([
    ['whose beginning is cut off', deep => ({ ...deep, chain: deep.chain.slice(1) })],
    ['whose middle is left out', (deep, root) => ({ ...deep, chain: [deep.chain[0]!], parentId: root.dispatchId })],
    ['with another agent in it', deep => ({ ...deep, chain: deep.chain.map((hop, index) => index === 0 ? { ...hop, agent: 'thief' } : hop) })],
    ['that is left out', deep => ({ ...deep, chain: [], parentId: null, link: '' })],
    ['under another parent', deep => ({ ...deep, parentId: 'somebody' })]
  ])('%s is refused', async (_what, alter) => {
    const root = from()
    const middle = child(root, 'looker')
    const { value: event } = await write(stand.signed(alter(child(middle, 'looker'), root)))
    expect(event).toMatchObject({ decision: 'refused', reason: 'CHAIN_BROKEN' })
    expect(hasReached(event.dispatchId!)).toBe(false)
  })

  test('that names as its cause what was given to another is refused', async () => {
    const root = from()
    await write(stand.signed(root))
    expect((await write(stand.signed(child(root, 'thief')))).value).toMatchObject({ decision: 'refused', reason: 'CHAIN_BROKEN' })
  })
})
