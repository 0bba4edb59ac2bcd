// One self-contained schema from many files: each named type is defined where it is first used, and named after that.
//
// I1. The result depends on the records alone, not on the order of the files.
// I2. Names are written in full, so that a namespace is never inherited by accident.
import { fullName, isArray, isNamed, isUnion } from './avro-schema.ts'
import type { AvroRecord, AvroType } from './avro-schema.ts'

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])

export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

export function inlined (name: string, records: ReadonlyMap<string, AvroRecord>): AvroRecord {
  const defined = new Set<string>()
  const open: string[] = []

  function resolve (type: AvroType): AvroType {
    if (typeof type === 'string') {
      if (primitives.has(type)) return type
      if (defined.has(type)) {
        if (open.includes(type)) throw new SchemaError(`${[...open, type].join(' -> ')}: a record may not contain itself`)
        return type
      }
      const record = records.get(type)
      if (record === undefined) throw new SchemaError(`${open.join(' -> ')}: no schema file defines ${type}`)
      return define(record)
    }
    if (isUnion(type)) return type.map(resolve)
    if (isArray(type)) return { ...type, items: resolve(type.items) }
    if (!isNamed(type)) throw new SchemaError(`${open.join(' -> ')}: unsupported type ${JSON.stringify(type)}; use a record, an enum, an array, a union or a primitive`)
    if (type.type === 'record') return define(type)
    if (defined.has(fullName(type))) throw new SchemaError(`${fullName(type)} is defined twice`)
    defined.add(fullName(type))
    return type
  }

  function define (record: AvroRecord): AvroRecord {
    const own = fullName(record)
    defined.add(own)
    open.push(own)
    const result = { ...record, fields: record.fields.map(field => ({ ...field, type: resolve(field.type) })) }
    open.pop()
    return result
  }

  const root = records.get(name)
  if (root === undefined) throw new SchemaError(`no schema file defines ${name}`)
  return define(root)
}
