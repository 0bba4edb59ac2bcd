// One record's bytes to what the rules look at. Whatever the bytes are, the answer is a value: nothing here throws.
import { createHmac, createSecretKey } from 'node:crypto'
import { type Codec, CodecError, isProven, type SignedDispatch } from '@mesh/schemas'
import { limits } from '@mesh/topics'
import type { InputRecord } from '@mesh/runtime'
import type { Ingress, IngressFacts, UnreadableIngress } from './core/ingress.ts'

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

export function createDecoder (codec: Codec, keys: DecodeKeys): DecodeRecord {
  // Made once: from raw bytes each HMAC would make its own.
  const key = createSecretKey(keys.payloadHash)
  const hashOf = (content: string | Buffer) => createHmac('sha256', key).update(content).digest('base64url').slice(0, 22)

  function readable (facts: IngressFacts, value: Buffer, isRedriven: boolean): Decoded {
    const signed = codec.decode('SignedDispatch', value)
    const dispatch = codec.decode('Dispatch', signed.body)
    const { source, capability, idempotencyKey, payload } = dispatch
    const keyed = idempotencyKey === null ? null : hashOf(JSON.stringify([source, capability, idempotencyKey]))
    return { signed, ingress: { kind: 'readable', facts, dispatch, payloadHash: hashOf(payload), idempotencyKey: keyed, isRedriven } }
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
