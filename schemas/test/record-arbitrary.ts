// Any value of a schema, for property tests.
import fc from 'fast-check'
import { fullName, isArray, isNamed, isUnion } from '../src/avro-schema.ts'
import type { AvroRecord, AvroType } from '../src/avro-schema.ts'

// avsc itself writes negative numbers below -(2 ** 52) wrongly: where its bytes are compared, they are left out.
export function recordOf (schema: AvroRecord, longMax: number = Number.MAX_SAFE_INTEGER - 1): fc.Arbitrary<Record<string, unknown>> {
  const named = new Map<string, fc.Arbitrary<unknown>>()
  return arbitraryOf(schema, named, fc.maxSafeInteger().filter(value => Math.abs(value) <= longMax)) as fc.Arbitrary<Record<string, unknown>>
}

function arbitraryOf (type: AvroType, named: Map<string, fc.Arbitrary<unknown>>, long: fc.Arbitrary<number>): fc.Arbitrary<unknown> {
  if (typeof type === 'string') return type === 'long' ? long : primitive(type) ?? named.get(type)!
  if (isUnion(type)) return fc.oneof(...type.map(branch => arbitraryOf(branch, named, long)))
  if (isArray(type)) return fc.array(arbitraryOf(type.items, named, long), { maxLength: 5 })
  if (!isNamed(type)) throw new Error('no arbitrary')
  const result = type.type === 'enum'
    ? fc.constantFrom(...type.symbols)
    : fc.record(Object.fromEntries(type.fields.map(field => [field.name, arbitraryOf(field.type, named, long)])))
  named.set(fullName(type), result)
  return result
}

const wholeText = fc.string({ unit: 'binary', maxLength: 80 })

function primitive (type: string): fc.Arbitrary<unknown> | undefined {
  switch (type) {
    case 'null': return fc.constant(null)
    case 'boolean': return fc.boolean()
    case 'int': return fc.integer()
    case 'double': return fc.double()
    case 'string': return wholeText
    case 'bytes': return fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes))
    default: return undefined
  }
}
