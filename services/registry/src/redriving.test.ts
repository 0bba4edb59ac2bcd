import { describe, expect, test } from '@jest/globals'
import { localCodec, redriveProof, type Dispatch } from '@mesh/schemas'
import { redrivable } from './redriving.ts'

const codec = localCodec()
const key = Buffer.from('the key of this test')
const dispatch: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'work', priority: 2, issuedAtMs: 1, ttlMs: 1_000, replyPartition: 0, idempotencyKey: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{"secret":1}'), idleTimeoutMs: null, handlerMs: null
}
const signed = (changes: Partial<Dispatch> = {}) =>
  codec.encode('SignedDispatch', { body: codec.encode('Dispatch', { ...dispatch, ...changes }), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
const redrive = (value: Buffer, by: Buffer) => {
  const facts = { value, deadLetter: { topic: 't', partition: 0, offset: 1 }, who: 'ada', why: '', atMs: 5 }
  return codec.encode('Redrive', { ...facts, proof: redriveProof(by, facts) })
}
const found = (value: Buffer | null) => redrivable({ value }, codec, key)

describe('a dead letter can be sent again', () => {
  test('if it holds a dispatch, byte for byte', () => {
    const value = signed()
    expect(found(value)).toEqual({ value, dispatch: expect.objectContaining({ dispatchId: 'd-1', workflowId: 'w-1', priority: 2 }) })
  })

  test('if it was sent again before, without growing by that', () => {
    const value = signed()
    expect(found(redrive(value, key))).toMatchObject({ value })
  })
})

describe('a dead letter can not be sent again', () => {
  test.each([
    ['without a value', null, 'It holds no value.'],
    ['of junk', Buffer.from('{"secret":1}'), 'Its value can not be read as a dispatch (GARBAGE).'],
    ['of another record', codec.encode('Dispatch', dispatch), 'Its value can not be read as a dispatch (WRONG_RECORD).'],
    ['of junk in a signed envelope', codec.encode('SignedDispatch', { body: Buffer.from('junk'), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) }), 'Its value can not be read as a dispatch (GARBAGE).'],
    ['of a redrive that somebody made up', redrive(signed(), Buffer.from('a guess')), 'It is a redrive that the control plane did not write.'],
    ['without a workflow', signed({ workflowId: '' }), 'Its workflow id or its priority is none, so it has no place to go to.'],
    ['of a class that there is not', signed({ priority: 4 }), 'Its workflow id or its priority is none, so it has no place to go to.'],
    ['that is too large', signed({ payload: Buffer.alloc(600_000) }), expect.stringMatching(/^It has 6\d{5} bytes, and the mesh takes 524288 at most\.$/)]
  ])('%s', (_name, value, problem) => expect(found(value)).toEqual({ problem }))
})
