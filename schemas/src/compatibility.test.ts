import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AvroField, AvroRecord, AvroType } from './avro-schema.ts'
import { compile, resolverFor } from './avro-type.ts'
import { incompatibilities } from './compatibility.ts'

const record = (name: string, fields: readonly AvroField[], more: Partial<AvroRecord> = {}): AvroRecord => ({ type: 'record', namespace: 'mesh.test', name, fields, ...more })
const colours = (...symbols: string[]): AvroType => ({ type: 'enum', namespace: 'mesh.test', name: 'Colour', symbols })
const from = (fields: readonly AvroField[]) => ({ to: (...next: AvroField[]) => incompatibilities(record('Thing', next), record('Thing', fields)) })

describe('a change of schema', () => {
  test('may add a field that has a default, and leave one out', () => {
    expect(from([{ name: 'a', type: 'string' }]).to({ name: 'b', type: ['null', 'string'], default: null })).toEqual([])
  })

  test('may not add a field without one, also not further in', () => {
    expect(from([]).to({ name: 'b', type: 'string' })).toEqual(['Thing.b: is not in the older version and has no default'])
    const list = (...fields: AvroField[]): AvroField => ({ name: 'items', type: { type: 'array', items: record('Item', fields) } })
    expect(from([list()]).to(list({ name: 'c', type: 'int' }))).toEqual(['Thing.items[].c: is not in the older version and has no default'])
  })

  test('may rename a field that keeps its old name as an alias', () => {
    expect(from([{ name: 'a', type: 'string' }]).to({ name: 'b', type: 'string', aliases: ['a'] })).toEqual([])
    expect(from([{ name: 'a', type: 'string' }]).to({ name: 'b', type: 'string' })).toHaveLength(1)
  })

  test('may widen a number, not narrow it', () => {
    expect(from([{ name: 'a', type: 'int' }]).to({ name: 'a', type: 'long' })).toEqual([])
    expect(from([{ name: 'a', type: 'long' }]).to({ name: 'a', type: 'int' })).toEqual(['Thing.a: was long and is int'])
  })

  test('may make a field optional, not an optional one required', () => {
    expect(from([{ name: 'a', type: 'int' }]).to({ name: 'a', type: ['null', 'int'], default: null })).toEqual([])
    expect(from([{ name: 'a', type: ['null', 'int'], default: null }]).to({ name: 'a', type: 'int' })).toEqual(['Thing.a: was null and is int'])
  })

  test('may add a symbol, not take one away', () => {
    expect(from([{ name: 'a', type: colours('red') }]).to({ name: 'a', type: colours('red', 'blue') })).toEqual([])
    expect(from([{ name: 'a', type: colours('red', 'blue') }]).to({ name: 'a', type: colours('blue') })).toEqual(['Thing.a: no longer has red'])
  })

  test('may not rename a record', () => {
    expect(incompatibilities(record('New', []), record('Old', []))).toEqual(['New: was mesh.test.Old and is mesh.test.New, without an alias'])
    expect(incompatibilities(record('New', [], { aliases: ['Old'] }), record('Old', []))).toEqual([])
  })
})

test('avsc, which does the reading, agrees on any pair of schemas', () => {
  const leaf: fc.Arbitrary<AvroType> = fc.oneof(
    fc.constantFrom('int', 'long', 'double', 'string', 'bytes', 'boolean'),
    fc.subarray(['red', 'blue', 'green'], { minLength: 1 }).map(symbols => colours(...symbols))
  )
  const nested = fc.tuple(fc.subarray(['x', 'y'], { minLength: 1 }), leaf).map(([names, type]) => record('Inner', names.map(name => ({ name, type: name === 'x' ? type : 'int' }))))
  const type = fc.oneof(leaf, nested, leaf.map(items => ({ type: 'array' as const, items })), leaf.map((branch): AvroType => ['null', branch]))
  const field = fc.tuple(fc.constantFrom('a', 'b', 'c'), type).map(([name, of]): AvroField => Array.isArray(of) ? { name, type: of, default: null } : { name, type: of })
  const thing = fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 2 }).filter(namedOnce).map(fields => record('Thing', fields))

  fc.assert(fc.property(thing, thing, (reader, writer) => {
    const readable = (() => {
      try {
        return resolverFor(compile(reader), compile(writer)) !== undefined
      } catch {
        return false
      }
    })()
    expect({ reader, writer, readable: incompatibilities(reader, writer).length === 0 }).toEqual({ reader, writer, readable })
  }), { numRuns: 3_000 })
})

// A name may be defined once in a schema.
function namedOnce (fields: readonly AvroField[]): boolean {
  const found = JSON.stringify(fields)
  return found.split('"Colour"').length <= 2 && found.split('"Inner"').length <= 2
}
