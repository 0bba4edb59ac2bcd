import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { recordOf } from '../test/record-arbitrary.ts'
import { compile } from './avro-type.ts'
import type { CodecError } from './codec-error.ts'
import type { Deferral } from './generated/records.ts'
import { schemas } from './generated/schemas.ts'
import { localCodec } from './local-codec.ts'
import { WireCodec, writerOf } from './wire-codec.ts'

const codec = localCodec()
const selection = { dueAtMs: true, event: { source: true, deadlineAtMs: true, quota: { ratePerS: true }, ingress: { offset: true } } } as const
// avsc itself writes negative numbers below -(2 ** 52) wrongly.
const anyDeferral = recordOf(schemas.Deferral.schema, 2 ** 52) as unknown as fc.Arbitrary<Deferral>
const selected = ({ dueAtMs, event: { source, deadlineAtMs, quota, ingress } }: Deferral) =>
  ({ dueAtMs, event: { source, deadlineAtMs, quota: quota === null ? null : { ratePerS: quota.ratePerS }, ingress: { offset: ingress.offset } } })

describe('some fields of a record', () => {
  test('property: are those that decoding the whole gives', () => {
    const read = codec.selecting('Deferral', selection)
    fc.assert(fc.property(anyDeferral, deferral => {
      expect(plain(read(codec.encode('Deferral', deferral)))).toEqual(plain(selected(deferral)))
    }), { numRuns: 200 })
  })

  test('property: are read from other versions of the record, too', () => {
    const { schema } = schemas.Deferral
    const other = { ...schema, fields: [...schema.fields.toReversed(), { name: 'unknownHere', type: 'string' }] }
    const reader = new WireCodec({} as never, new Map([[9, writerOf('Deferral', other)]]), () => Promise.resolve()).selecting('Deferral', selection)
    fc.assert(fc.property(anyDeferral, deferral => {
      const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), compile(other).toBuffer({ ...deferral, unknownHere: 'x' })])
      expect(plain(reader(bytes))).toEqual(plain(selected(deferral)))
    }), { numRuns: 100 })
  })

  test('of what is none are refused like the whole', () => {
    const bytes = codec.encode('Quota', { quotaId: 'q', ratePerS: 1, burst: 1, outstandingMax: 1, changedBy: 'c', changedAtMs: 0 })
    for (const garbage of [bytes, bytes.subarray(0, 3), Buffer.concat([codec.encode('Deferral', fc.sample(anyDeferral, 1)[0]!), Buffer.alloc(1)])]) {
      const [part, whole] = [() => codec.selecting('Deferral', selection)(garbage), () => codec.decode('Deferral', garbage)].map(codeOf)
      expect(part).toMatch(/GARBAGE|WRONG_RECORD/)
      expect(part).toBe(whole)
    }
  })
})

const plain = (value: unknown): unknown => ({ ...JSON.parse(JSON.stringify(value)) as object })

function codeOf (action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    return (error as CodecError).code
  }
}
