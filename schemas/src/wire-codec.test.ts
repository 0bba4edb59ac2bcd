import { describe, expect, test } from '@jest/globals'
import avsc from 'avsc'
import fc from 'fast-check'
import { recordOf } from '../test/record-arbitrary.ts'
import { compile } from './avro-type.ts'
import { CodecError } from './codec-error.ts'
import { schemas } from './generated/schemas.ts'
import type { Dispatch } from './generated/records.ts'
import { localCodec } from './local-codec.ts'
import { topLevelNames } from './top-level-names.ts'
import { recordBytesMax } from './wire-codec.ts'
import type { SchemaName } from './wire-codec.ts'

const codec = localCodec()
const anyName = fc.constantFrom(...topLevelNames)
const anyRecord = anyName.chain(name => recordOf(schemas[name].schema).map(value => ({ name, value })))
const encodeAny = (name: SchemaName, value: unknown): Buffer => codec.encode(name, value as never)

const dispatch: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [{ agent: 'human-gateway', dispatchId: 'd-0', link: '' }], link: '1', type: 'request',
  source: 'orchestrator', sourceVersion: '1.0.0', sourceInstance: 'orchestrator-1', target: null, capability: 'analyze_lead', priority: 1,
  issuedAtMs: 1_700_000_000_000, ttlMs: 30_000, replyPartition: 3, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null,
  confidence: 0.5,
  usage: { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3_000_000_000_000 }, error: null, contentType: 'application/json',
  payload: Buffer.from('{"text":"secret-payload"}')
}

function codeOf (action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError)
    return (error as CodecError).code
  }
}

describe('encoding and decoding', () => {
  test('give back any value of any record', () => {
    fc.assert(fc.property(anyRecord, ({ name, value }) => {
      expect({ ...codec.decode(name, encodeAny(name, value)) }).toEqual(value)
    }), { numRuns: 3_000 })
  })

  test('write and read the same bytes as plain avsc', () => {
    const plain = Object.fromEntries(topLevelNames.map(name => [name, avsc.Type.forSchema(schemas[name].schema as never, { wrapUnions: 'never' })]))
    const exact = anyName.chain(name => recordOf(schemas[name].schema, 2 ** 52).map(value => ({ name, value })))
    fc.assert(fc.property(exact, ({ name, value }) => {
      const bytes = encodeAny(name, value)
      expect(bytes.subarray(5).equals(plain[name]!.toBuffer(value))).toBe(true)
    }), { numRuns: 1_000 })
  })

  test('begin with a zero byte and the schema id, by which records of one topic are told apart', () => {
    const bytes = codec.encode('Dispatch', dispatch)
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, 1]))
    expect(codec.nameOf(bytes)).toBe('Dispatch')
    expect(codec.nameOf(Buffer.from([0, 0, 0, 0, 99, 1]))).toBeUndefined()
    expect(codec.nameOf(Buffer.from([0, 0]))).toBeUndefined()
  })

  test('an encoded buffer is not written to again', () => {
    const first = codec.encode('Dispatch', dispatch)
    const copy = Buffer.from(first)
    codec.encode('Dispatch', { ...dispatch, dispatchId: 'another', payload: Buffer.alloc(1_000, 1) })
    expect(first.equals(copy)).toBe(true)
  })

  test('bytes of a decoded record are views of the input, not copies', () => {
    const bytes = codec.encode('Dispatch', dispatch)
    const { payload } = codec.decode('Dispatch', bytes)
    expect(payload.buffer).toBe(bytes.buffer)
    bytes[payload.byteOffset - bytes.byteOffset] = 0x21
    expect(payload.toString()).toMatch(/^!/)
  })

  test('a record larger than the slab makes it grow', () => {
    const payload = Buffer.alloc(300_000, 7)
    expect(codec.decode('Dispatch', codec.encode('Dispatch', { ...dispatch, payload })).payload.equals(payload)).toBe(true)
  })

  test('a lone surrogate is written as U+FFFD, so that it can be read again', () => {
    const read = codec.decode('Dispatch', codec.encode('Dispatch', { ...dispatch, source: 'a\ud800b', target: `${'x'.repeat(60)}\udfff` }))
    expect([read.source, read.target]).toEqual(['a\ufffdb', `${'x'.repeat(60)}\ufffd`])
  })
})

describe('what can\'t be encoded', () => {
  test('is refused with the field\'s name and without its content', () => {
    const wrong = { ...dispatch, priority: 'secret-value', chain: [{ agent: 'a', dispatchId: 7 }] } as unknown as Dispatch
    expect(() => codec.encode('Dispatch', wrong)).toThrow(new CodecError('UNENCODABLE', 'Dispatch doesn\'t fit its schema: chain.0.dispatchId, priority'))
    expect(codeOf(() => codec.encode('Dispatch', null as never))).toBe('UNENCODABLE')
    expect(codeOf(() => codec.encode('Dispatch', { ...dispatch, issuedAtMs: 1.5 }))).toBe('UNENCODABLE')
  })

  test('is refused above the largest record', () => {
    expect(codeOf(() => codec.encode('Dispatch', { ...dispatch, payload: Buffer.alloc(recordBytesMax) }))).toBe('UNENCODABLE')
  })

  test('leaves the codec as it was', () => {
    codeOf(() => codec.encode('Dispatch', { ...dispatch, payload: 'text' as unknown as Buffer }))
    expect(codec.decode('Dispatch', codec.encode('Dispatch', dispatch)).dispatchId).toBe('d-1')
  })
})

describe('garbage', () => {
  const prefix = Buffer.from([0, 0, 0, 0, 1])
  const valid = codec.encode('Dispatch', dispatch)

  test('is told by its kind', () => {
    expect(codeOf(() => codec.decode('Dispatch', Buffer.alloc(0)))).toBe('GARBAGE')
    expect(codeOf(() => codec.decode('Dispatch', Buffer.from('{"json":1}')))).toBe('GARBAGE')
    expect(codeOf(() => codec.decode('Dispatch', Buffer.from([0, 0, 0, 0, 99])))).toBe('UNKNOWN_SCHEMA_ID')
    expect(codeOf(() => codec.decode('Delivery', valid))).toBe('WRONG_RECORD')
    expect(codeOf(() => codec.decode('Dispatch', prefix))).toBe('GARBAGE')
  })

  test('is what has bytes left over, or too few', () => {
    expect(codeOf(() => codec.decode('Dispatch', Buffer.concat([valid, Buffer.from([0])])))).toBe('GARBAGE')
    for (let length = 5; length < valid.length; length++) expect(codeOf(() => codec.decode('Dispatch', valid.subarray(0, length)))).toBe('GARBAGE')
  })

  test.each([
    ['a boolean of 2', 'Notice'], ['text that is not UTF-8', 'Dispatch'], ['an enum symbol that does not exist', 'Dispatch'], ['an int of 33 bits', 'Dispatch']
  ] as const)('is %s', (what, name) => {
    const notice = { type: 'refused', dispatchId: 'd', workflowId: 'w', sourceInstance: 'i', code: 'C', message: 'm', retriable: true, retryAfterMs: null,
      ingress: { topic: 't', partition: 1, offset: 1 }, slowDown: null, fallback: null } as const
    const bytes = name === 'Notice' ? codec.encode('Notice', notice) : codec.encode('Dispatch', { ...dispatch, chain: [] })
    if (what === 'a boolean of 2') bytes[5 + 1 + 2 + 2 + 2 + 2 + 2] = 2
    if (what === 'text that is not UTF-8') bytes[6] = 0xff
    const type = 5 + 4 + 4 + 2 + 1
    if (what === 'an enum symbol that does not exist') bytes[type] = 40
    const wide = what === 'an int of 33 bits'
      ? Buffer.concat([bytes.subarray(0, bytes.indexOf('analyze_lead') + 12), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x20]), bytes.subarray(bytes.indexOf('analyze_lead') + 13)])
      : bytes
    expect(codeOf(() => codec.decode(name, wide))).toBe('GARBAGE')
  })

  test('that claims billions of items or bytes costs nothing', () => {
    const count = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f])
    const negative = Buffer.from([0xfd, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x03])
    const endless = Buffer.alloc(50, 0xff)
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    for (const claim of [count, negative, endless]) {
      expect(codeOf(() => codec.decode('AuditStory', Buffer.concat([Buffer.from([0, 0, 0, 0, 6]), claim, Buffer.alloc(40)])))).toBe('GARBAGE')
      expect(codeOf(() => codec.decode('SignedDispatch', Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), claim, Buffer.alloc(40)])))).toBe('GARBAGE')
    }
    expect(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
  })

  test('whatever it is, ends in a CodecError or in a record that can be written back', () => {
    const start = performance.now()
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map(random => Buffer.from(random)),
      fc.tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 200 })).map(([id, random]) => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), random])),
      fc.tuple(anyRecord, mutations).map(([{ name, value }, changes]) => changes.reduce(mutate, encodeAny(name, value)))
    )
    fc.assert(fc.property(anyName, bytes, (asked, input) => {
      const name = codec.nameOf(input) ?? asked
      let value: unknown
      try {
        value = codec.decode(name, input)
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError)
        expect(['GARBAGE', 'UNKNOWN_SCHEMA_ID']).toContain((error as CodecError).code)
        return
      }
      expect(codec.decode(name, encodeAny(name, value))).toEqual(value)
    }), { numRuns: 20_000 })
    expect(performance.now() - start).toBeLessThan(50_000)
  })
})

interface Mutation { readonly kind: 'flip' | 'insert' | 'remove' | 'cut' | 'claim', readonly at: number, readonly byte: number }

const mutations = fc.array(fc.record({
  kind: fc.constantFrom('flip', 'insert', 'remove', 'cut', 'claim'), at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), byte: fc.integer({ min: 0, max: 255 })
}) as fc.Arbitrary<Mutation>, { minLength: 1, maxLength: 4 })

function mutate (bytes: Buffer, { kind, at, byte }: Mutation): Buffer {
  const index = 5 + Math.floor(at * Math.max(0, bytes.length - 5))
  const [head, tail] = [bytes.subarray(0, index), bytes.subarray(index)]
  switch (kind) {
    case 'flip': return Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)])
    case 'insert': return Buffer.concat([head, Buffer.from([byte]), tail])
    case 'remove': return Buffer.concat([head, tail.subarray(1)])
    case 'cut': return head
    // A number so large that a careless reader would loop or allocate.
    case 'claim': return Buffer.concat([head, Buffer.from([byte | 0x80, 0xff, 0xff, 0xff, 0x7f]), tail])
  }
}

describe('avsc\'s inner interface', () => {
  test('is the one that the taps were written for', () => {
    const type = compile(schemas.Dispatch.schema) as unknown as Record<string, unknown>
    expect([typeof type['_read'], typeof type['_write']]).toEqual(['function', 'function'])
    expect(() => compile({ type: 'record', name: 'M', fields: [{ name: 'm', type: { type: 'map', values: 'string' } as never }] })).toThrow('no map')
  })
})
