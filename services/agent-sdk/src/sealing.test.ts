import { describe, expect, test } from '@jest/globals'
import type { SendRecord } from '@mesh/runtime'
import { localCodec } from '@mesh/schemas'
import { type AgentKey, createSigningKey, SignatureChecker } from '@mesh/signing'
import { Sealing } from './sealing.ts'

const codec = localCodec()
const agents = { planner: createSigningKey().key, looker: createSigningKey().key }
const registered = new Map<string, AgentKey>(Object.entries(agents).map(([agent, { keyId, publicKey }]) =>
  [keyId, { keyId, agent, publicKey, notBeforeMs: 0, notAfterMs: 9, revokedAtMs: null }]))
const record = (value: string): SendRecord => ({ topic: 't', partition: 0, key: 'k', value: Buffer.from(value) })

describe('what leaves together', () => {
  test('is signed by each with its own key, once for all of them, in its order', () => {
    const sealing = new Sealing(codec, agent => agents[agent as keyof typeof agents])
    const senders = ['planner', 'looker', 'planner', 'planner', 'looker'] as const
    const records = senders.map((agent, index) => sealing.by(agent, record(`body ${index}`)))
    const checker = new SignatureChecker(registered)
    const sealed = sealing.seal(records).map(value => codec.decode('SignedDispatch', value))
    expect(sealed.map(({ body }) => body.toString())).toEqual(['body 0', 'body 1', 'body 2', 'body 3', 'body 4'])
    sealed.forEach((signed, index) => expect(checker.problem(signed, senders[index]!, 5)).toBeUndefined())
    expect(checker.verifications).toBe(2)
  })

  test('alone has a plain signature', () => {
    const sealing = new Sealing(codec, () => agents.planner)
    expect(codec.decode('SignedDispatch', sealing.seal([sealing.by('planner', record('body'))])[0]!).proof).toHaveLength(0)
  })

  test('is not signed where nothing is', () => {
    const sealing = new Sealing(codec, undefined)
    expect(codec.decode('SignedDispatch', sealing.seal([sealing.by('planner', record('body'))])[0]!)).toMatchObject({ keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
  })
})
