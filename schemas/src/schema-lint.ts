// What every schema file must keep to, beyond being Avro.
//
// S1. A record, a field and an enum say what they mean.
// S2. Names are the ones used in code and tables: camelCase fields, PascalCase types, each type name once.
// S3. An optional field is ["null", X] with default null, so that it can be added and left out.
// S4. Every item of an array takes at least a byte, so that counts are bounded by sizes.
import { fullName, isArray, isNamed, isUnion } from './avro-schema.ts'
import type { AvroEnum, AvroField, AvroRecord, AvroType } from './avro-schema.ts'

export function lint (records: ReadonlyMap<string, AvroRecord>, topLevel: readonly string[]): string[] {
  const findings: string[] = []
  const typeNames = new Map<string, string>()
  const used = new Set<string>(topLevel)

  function visit (type: AvroType, path: string): void {
    if (typeof type === 'string') used.add(type)
    else if (isUnion(type)) for (const branch of type) visit(branch, path)
    else if (isArray(type)) {
      visit(type.items, path)
      if (type.items === 'null') findings.push(`${path}: an array of null`)
    } else if (isNamed(type)) {
      if (type.type === 'record') findings.push(`${path}: the record ${type.name} belongs in a file of its own`)
      else checkNamed(type)
    }
  }

  function checkNamed (type: AvroRecord | AvroEnum): void {
    const name = fullName(type)
    if (!hasText(type.doc)) findings.push(`${name}: no doc`)
    if (!/^[A-Z][A-Za-z0-9]*$/.test(type.name)) findings.push(`${name}: a type's name is written LikeThis`)
    const other = typeNames.get(type.name)
    if (other !== undefined) findings.push(`${name}: ${other} has the same last name, and TypeScript one type for both`)
    typeNames.set(type.name, name)
  }

  function checkField (field: AvroField, path: string): void {
    if (!hasText(field.doc)) findings.push(`${path}: no doc`)
    if (!/^[a-z][A-Za-z0-9]*$/.test(field.name)) findings.push(`${path}: a field's name is written likeThis`)
    if (!isUnion(field.type)) return
    if (field.type.length !== 2 || field.type[0] !== 'null') findings.push(`${path}: a union is ["null", X] and nothing else`)
    else if (field.default !== null) findings.push(`${path}: an optional field has the default null`)
  }

  for (const [name, record] of records) {
    checkNamed(record)
    if (record.fields.length === 0) findings.push(`${name}: a record without fields`)
    for (const field of record.fields) {
      checkField(field, `${name}.${field.name}`)
      visit(field.type, `${name}.${field.name}`)
    }
  }
  for (const name of records.keys()) if (!used.has(name)) findings.push(`${name}: neither on a topic nor part of another record`)
  return findings
}

const hasText = (doc: string | undefined): boolean => typeof doc === 'string' && doc.trim() !== ''
