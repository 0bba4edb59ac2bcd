// One record's bytes to what the rules look at. Whatever the bytes are, the answer is a value: nothing here throws.
import { createHmac, createSecretKey } from 'node:crypto'
import { type Codec, CodecError, type Dispatch, isProven, type SignedDispatch } from '@mesh/schemas'
import type { InputRecord } from '@mesh/runtime'
import { digest, type SignatureChecker } from '@mesh/signing'
import { chainProblem } from '@mesh/signing/chain'
import { limits } from '@mesh/topics'
import type { Ingress, IngressFacts, Refusal, UnreadableIngress } from './core/ingress.ts'

export interface Decoded {
  readonly ingress: Ingress
  /** The value as sent, to be passed on unchanged; absent where the record is unreadable. */
  readonly signed?: SignedDispatch
}

export type DecodeRecord = (record: InputRecord) => Decoded

export interface DecodeKeys {
  readonly payloadHash: Buffer
  /** Shows that a redrive was written by the control plane. */
  readonly redrive: Buffer
}

/** Without a checker whatever a dispatch says of its source and its chain is believed. */
export function createDecoder (codec: Codec, keys: DecodeKeys, checker?: Pick<SignatureChecker, 'problem'>): DecodeRecord {
  // Made once: from raw bytes each HMAC would make its own.
  const key = createSecretKey(keys.payloadHash)
  const hashOf = (content: string | Buffer) => createHmac('sha256', key).update(content).digest('base64url').slice(0, 22)

  function readable (facts: IngressFacts, value: Buffer, isRedriven: boolean): Decoded {
    const signed = codec.decode('SignedDispatch', value)
    const dispatch = codec.decode('Dispatch', signed.body)
    const { source, capability, idempotencyKey, payload } = dispatch
    const keyed = idempotencyKey === null ? null : hashOf(JSON.stringify([source, capability, idempotencyKey]))
    // The control plane vouches for when it was sent again; the key must have been valid when it was issued.
    const unproven = checker === undefined ? undefined : unprovenBy(checker, signed, dispatch, isRedriven ? dispatch.issuedAtMs : facts.appendedAtMs)
    return {
      signed,
      ingress: { kind: 'readable', facts, dispatch, payloadHash: hashOf(payload), idempotencyKey: keyed, unproven, isChecked: checker !== undefined, isRedriven }
    }
  }

  function decoded (facts: IngressFacts, value: Buffer): Decoded {
    if (codec.nameOf(value) !== 'Redrive') return readable(facts, value, false)
    const redrive = codec.decode('Redrive', value)
    if (isProven(keys.redrive, redrive)) return readable(facts, redrive.value, true)
    return { ingress: { kind: 'unreadable', facts, code: 'REDRIVE_REFUSED', message: 'a redrive that the control plane did not write' } }
  }

  return record => {
    const facts = factsOf(record)
    const misshapen = checkShape(record)
    if (misshapen !== undefined) return { ingress: { kind: 'unreadable', facts, ...misshapen } }
    try {
      return decoded(facts, record.value!)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      const code = error.code === 'UNENCODABLE' ? 'GARBAGE' : error.code
      return { ingress: { kind: 'unreadable', facts, code, message: `not a dispatch: ${error.message}` } }
    }
  }
}

function unprovenBy (checker: Pick<SignatureChecker, 'problem'>, signed: SignedDispatch, dispatch: Dispatch, atMs: number): Refusal | undefined {
  const problem = checker.problem(signed, dispatch.source, atMs)
  // What is said about a request is held against that request.
  if (problem !== undefined || (dispatch.type !== 'request' && dispatch.type !== 'event')) return problem
  const broken = chainProblem(dispatch, digest)
  return broken === undefined ? undefined : { code: 'CHAIN_BROKEN', message: broken }
}

function factsOf (record: InputRecord): IngressFacts {
  const { topic, partition, offset, lane, appendedAtMs } = record
  return { position: { topic, partition, offset }, lane, appendedAtMs, key: record.key === null ? null : record.key.toString('utf8') }
}

function checkShape ({ key, value, headerBytes }: InputRecord): Pick<UnreadableIngress, 'code' | 'message'> | undefined {
  if (key === null) return { code: 'NULL_KEY', message: 'the record has no key' }
  if (value === null) return { code: 'NULL_VALUE', message: 'the record has no value' }
  if (value.length > limits.dispatchValueBytesMax) {
    return { code: 'VALUE_TOO_LARGE', message: `the value has ${value.length} bytes; at most ${limits.dispatchValueBytesMax} are accepted` }
  }
  if (headerBytes > limits.headerBytesMax) {
    return { code: 'HEADERS_TOO_LARGE', message: `the headers have ${headerBytes} bytes; at most ${limits.headerBytesMax} are accepted` }
  }
  return undefined
}
