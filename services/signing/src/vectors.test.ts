// The vectors for other languages, held against an implementation written from the README, which shares no code with this one,
// and against this one.
import { describe, expect, test } from '@jest/globals'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type AgentKey, SignatureChecker } from './index.ts'

interface Signed { readonly keyId: string, readonly signature: string, readonly proof: string }
const { keys, possession, batches, bad, ids } = JSON.parse(readFileSync(new URL('../vectors/signing.json', import.meta.url), 'utf8')) as {
  readonly keys: { readonly agent: string, readonly publicKey: string, readonly keyId: string }[]
  readonly possession: { readonly agent: string, readonly signature: string }
  readonly batches: { readonly bodies: string[], readonly root: string, readonly signed: Signed[] }[]
  readonly bad: (Signed & { readonly what: string, readonly source: string, readonly body: string, readonly code: string })[]
  readonly ids: { readonly parentSource: string, readonly parentId: string, readonly link: string, readonly id: string }[]
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const isSigned = (publicKey: string, statement: Buffer, signature: string): boolean => verify(
  null, statement, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes(publicKey).toString('base64url') }, format: 'jwk' }), bytes(signature)
)

/** RFC 9162 §2.1.3.2, in its own words: fn, sn and r. */
function rootBy (body: Buffer, proof: Buffer): Buffer | undefined {
  let r = sha(Buffer.of(0), body)
  let [fn, sn] = proof.length === 0 ? [0, 0] : [proof.readUInt16BE(0), proof.readUInt16BE(2) - 1]
  const path = proof.length === 0 ? [] : Array.from({ length: (proof.length - 4) / 32 }, (_, i) => proof.subarray(4 + 32 * i, 36 + 32 * i))
  for (const p of path) {
    if (sn === 0) return undefined
    if (fn % 2 === 1 || fn === sn) {
      r = sha(Buffer.of(1), p, r)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else r = sha(Buffer.of(1), r, p)
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  return sn === 0 ? r : undefined
}

describe('the vectors', () => {
  test('name each key by its hash', () => {
    for (const { keyId, publicKey } of keys) expect(sha(bytes(publicKey)).subarray(0, 12).toString('base64url')).toBe(keyId)
  })

  test('of signatures hold by the RFC and the README alone', () => {
    const { publicKey, keyId } = keys[0]!
    for (const { bodies, root, signed } of batches) {
      for (const [index, { signature, proof }] of signed.entries()) {
        expect(rootBy(bytes(bodies[index]!), bytes(proof))?.toString('hex')).toBe(root)
        const count = Buffer.of(bodies.length >> 8, bodies.length & 255)
        expect(isSigned(publicKey, Buffer.concat([Buffer.from(`mesh.signed-batch.v1\0${keyId}\0`), count, bytes(root)]), signature)).toBe(true)
      }
    }
    expect(isSigned(publicKey, Buffer.from(`mesh.key-possession.v1\0planner\0${keyId}\0`), possession.signature)).toBe(true)
  })

  test('of ids follow from the parent, its sender and the link', () => {
    for (const { parentSource, parentId, link, id } of ids) {
      const derived = sha(Buffer.from(`${parentSource}\0${parentId}\0${link}`)).subarray(0, 16)
      derived[6] = 0x80 | derived[6]! & 0x0f
      derived[8] = 0x80 | derived[8]! & 0x3f
      expect(id.replaceAll('-', '')).toBe(derived.toString('hex'))
    }
  })

  const registered = new Map<string, AgentKey>(keys.map(({ agent, keyId, publicKey }) =>
    [keyId, { agent, keyId, publicKey: bytes(publicKey), notBeforeMs: 0, notAfterMs: 9, revokedAtMs: null }]))
  const codeOf = ({ body, keyId, signature, proof }: Signed & { readonly body: string }, source: string) =>
    new SignatureChecker(registered).problem({ body: bytes(body), keyId, signature: bytes(signature), proof: bytes(proof) }, source, 5)?.code

  test('that are good are accepted here', () => {
    for (const { bodies, signed } of batches) signed.forEach((each, index) => expect(codeOf({ ...each, body: bodies[index]! }, 'planner')).toBeUndefined())
  })

  test.each(bad.map(each => [each.what, each] as const))('of %s are refused here', (_what, each) => expect(codeOf(each, each.source)).toBe(each.code))
})
