import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { signBatch } from './batch-signer.ts'
import type { AgentKey } from './core/key-standing.ts'
import { createSigningKey, isPossessed, possessionOf, type SigningKey } from './keys.ts'
import { SignatureChecker, type SignedBody } from './signature-checker.ts'

const at = 1_000_000
const { key } = createSigningKey()
const { key: other } = createSigningKey()
const registered = (agent: string, { keyId, publicKey }: SigningKey, change: Partial<AgentKey> = {}): AgentKey =>
  ({ keyId, agent, publicKey, notBeforeMs: 0, notAfterMs: 2 * at, revokedAtMs: null, ...change })
const keysOf = (...keys: AgentKey[]): Map<string, AgentKey> => new Map(keys.map(each => [each.keyId, each]))
const keys = keysOf(registered('planner', key), registered('looker', other))
const bodies = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.from(`body ${i}`))
const sealed = (count: number, by = key): SignedBody[] => signBatch(by, bodies(count)).map((signature, i) => ({ body: bodies(count)[i]!, ...signature }))
const codeOf = (signed: SignedBody, agent = 'planner', checker = new SignatureChecker(keys)): string | undefined => checker.problem(signed, agent, at)?.code

describe('a batch', () => {
  test.each([1, 2, 3, 63, 64, 65, 200])('of %i is accepted, each body at its place, with one verification for 64 of them', count => {
    const checker = new SignatureChecker(keys)
    for (const signed of sealed(count)) expect(codeOf(signed, 'planner', checker)).toBeUndefined()
    expect(checker.verifications).toBe(Math.ceil(count / 64))
  })

  test('of one carries a plain signature, without a proof', () => expect(sealed(1)[0]!.proof).toHaveLength(0))

  const batchOf = (name: number): SignedBody[] => {
    const [one, two] = [Buffer.from(`one of ${name}`), Buffer.from(`two of ${name}`)]
    return signBatch(key, [one, two]).map((signature, i) => ({ body: [one, two][i]!, ...signature }))
  }

  test('whose tree gave way to newer ones is known by its root, and verified again only after many more', () => {
    const checker = new SignatureChecker(keys, 1)
    const batches = Array.from({ length: 18 }, (_, name) => batchOf(name))
    for (const [first] of batches.slice(0, 17)) expect(codeOf(first!, 'planner', checker)).toBeUndefined()
    for (const [, second] of batches.slice(0, 17)) expect(codeOf(second!, 'planner', checker)).toBeUndefined()
    expect(checker.verifications).toBe(17)
    // The eighteenth: of the first nothing is left.
    for (const one of [batches[17]![0]!, batches[0]![0]!]) expect(codeOf(one, 'planner', checker)).toBeUndefined()
    expect(checker.verifications).toBe(19)
  })
})

describe('refused is', () => {
  const [first, second] = sealed(4) as [SignedBody, SignedBody]
  const bent = (bytes: Buffer, at = 0): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at]! ^= 1
    return copy
  }
  const cases: [string, SignedBody, string][] = [
    ['what is not signed', { ...first, keyId: '', signature: Buffer.alloc(0) }, 'UNSIGNED'],
    ['a key that nobody registered', { ...first, keyId: createSigningKey().key.keyId }, 'KEY_UNKNOWN'],
    ['somebody else\'s signature', { body: first.body, ...signBatch(other, [first.body])[0]! }, 'KEY_NOT_OF_SOURCE'],
    ['somebody else\'s signature under the agent\'s key id', { body: first.body, ...signBatch(other, [first.body])[0]!, keyId: key.keyId }, 'SIGNATURE_INVALID'],
    ['an altered body', { ...first, body: bent(first.body) }, 'SIGNATURE_INVALID'],
    ['an altered signature', { ...first, signature: bent(first.signature) }, 'SIGNATURE_INVALID'],
    ['a signature cut short', { ...first, signature: first.signature.subarray(1) }, 'SIGNATURE_INVALID'],
    ['an altered path', { ...first, proof: bent(first.proof, 20) }, 'SIGNATURE_INVALID'],
    ['an altered place', { ...first, proof: bent(first.proof, 1) }, 'SIGNATURE_INVALID'],
    ['an altered size', { ...first, proof: bent(first.proof, 3) }, 'SIGNATURE_INVALID'],
    ['another body\'s path', { ...first, proof: second.proof }, 'SIGNATURE_INVALID'],
    ['a proof that is none', { ...first, proof: Buffer.from('x') }, 'SIGNATURE_INVALID'],
    ['a body of the batch as if it were signed alone', { ...first, proof: Buffer.alloc(0) }, 'SIGNATURE_INVALID']
  ]
  test.each(cases)('%s', (_what, signed, code) => expect(codeOf(signed)).toBe(code))
  test.each(cases)('%s, by whoever remembers no more than the root of the batch', (_what, signed, code) => {
    const checker = new SignatureChecker(keys, 1)
    for (const one of [first, ...signBatch(other, bodies(1)).map(signature => ({ body: bodies(1)[0]!, ...signature }))]) checker.problem(one, one === first ? 'planner' : 'looker', at)
    expect(codeOf(signed, 'planner', checker)).toBe(code)
  })
  test.each(cases)('%s, by whoever has verified the batch before', (_what, signed, code) => {
    const checker = new SignatureChecker(keys)
    for (const genuine of sealed(4)) checker.problem(genuine, 'planner', at)
    expect(codeOf(signed, 'planner', checker)).toBe(code)
    expect(codeOf(first, 'planner', checker)).toBeUndefined()
  })

  test('a key that expired, or was revoked, at once for trees that are remembered, too', () => {
    const known = keysOf(registered('planner', key))
    const checker = new SignatureChecker(known)
    expect(codeOf(first, 'planner', checker)).toBeUndefined()
    expect(checker.problem(first, 'planner', 3 * at)?.code).toBe('KEY_EXPIRED')
    known.set(key.keyId, registered('planner', key, { revokedAtMs: at }))
    expect(codeOf(second, 'planner', checker)).toBe('KEY_REVOKED')
  })

  test('a key whose public half is no key', () => {
    expect(codeOf(first, 'planner', new SignatureChecker(keysOf({ ...registered('planner', key), publicKey: Buffer.alloc(3) })))).toBe('SIGNATURE_INVALID')
    expect(codeOf(first, 'planner', new SignatureChecker(keysOf({ ...registered('planner', key), publicKey: Buffer.alloc(32, 0xff) })))).toBe('SIGNATURE_INVALID')
  })
})

test('fuzz: of 100,000 mutated signed bodies none makes it throw, and none is accepted', () => {
  const genuine = [1, 2, 7, 64].flatMap(count => sealed(count))
  const known = new Set(genuine.map(({ body, keyId, signature, proof }) => [body, keyId, signature, proof].map(part => Buffer.from(part).toString('hex')).join()))
  const checker = new SignatureChecker(keys)
  for (const signed of genuine) checker.problem(signed, 'planner', at)
  const field = fc.constantFrom('body', 'keyId', 'signature', 'proof')
  const mutation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ field, kind: fc.constantFrom('flip', 'cut', 'add', 'zero'), at: fc.nat(), bit: fc.nat(7) }) },
    { weight: 2, arbitrary: fc.record({ field, kind: fc.constant('swap'), at: fc.nat(), bit: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ field, kind: fc.constant('junk'), at: fc.nat(400), bit: fc.constant(0) }) }
  )
  let refused = 0
  fc.assert(fc.property(fc.nat(genuine.length - 1), fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.boolean(), (which, mutations, isFresh) => {
    const parts: Record<string, Buffer> = Object.fromEntries(Object.entries(genuine[which]!).map(([name, value]) => [name, Buffer.from(value)]))
    for (const { field, kind, at: place, bit } of mutations) {
      const another = Buffer.from(genuine[place % genuine.length]![field])
      parts[field] = mutated(parts[field]!, kind, place, bit, another)
    }
    const signed = { body: parts.body!, keyId: parts.keyId!.toString('latin1'), signature: parts.signature!, proof: parts.proof! }
    if (known.has([signed.body, Buffer.from(signed.keyId, 'latin1'), signed.signature, signed.proof].map(part => part.toString('hex')).join())) return
    refused++
    // Most by one that has seen the batches: it verifies less, so it is the one to be misled.
    const problem = (isFresh && refused % 20 === 0 ? new SignatureChecker(keys) : checker).problem(signed, 'planner', at)
    if (problem === undefined) throw new Error(`accepted: ${JSON.stringify(mutations)}`)
  }), { numRuns: Number(process.env.MESH_FUZZ_RUNS ?? 110_000) })
  expect(refused).toBeGreaterThanOrEqual(Number(process.env.MESH_FUZZ_RUNS ?? 110_000) * 0.9)
}, 300_000)

function mutated (bytes: Buffer, kind: string, at: number, bit: number, another: Buffer): Buffer {
  if (kind === 'swap') return another
  if (kind === 'junk') return Buffer.alloc(at, bit)
  if (kind === 'cut') return bytes.subarray(0, bytes.length === 0 ? 0 : at % bytes.length)
  if (kind === 'add') return Buffer.concat([bytes, Buffer.of(bit)])
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy[at % copy.length]! = kind === 'zero' ? 0 : copy[at % copy.length]! ^ 1 << bit
  return copy
}

describe('possession', () => {
  test('is shown for one agent and one key', () => {
    const shown = possessionOf(key, 'planner')
    expect([isPossessed(key.publicKey, 'planner', shown), isPossessed(key.publicKey, 'looker', shown), isPossessed(other.publicKey, 'planner', shown)]).toEqual([true, false, false])
    expect([isPossessed(Buffer.alloc(5), 'planner', shown), isPossessed(Buffer.alloc(32, 0xff), 'planner', shown), isPossessed(key.publicKey, 'planner', Buffer.alloc(64))]).toEqual([false, false, false])
  })
})
