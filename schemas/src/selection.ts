// Some fields of a record, by name: what is read of it where the whole would take too long.
import type { AvroRecord, AvroType } from './avro-schema.ts'
import { isNamed, isUnion } from './avro-schema.ts'

/** `true` for a field as a whole; of a record, or of a record that may be null, also some fields of it. */
export type Selection<R> = { readonly [K in keyof R]?: true | (NonNullable<R[K]> extends object ? Selection<NonNullable<R[K]>> : never) }

export type Selected<R, S> = { readonly [K in keyof S & keyof R]: S[K] extends true ? R[K] : Selected<NonNullable<R[K]>, S[K]> | Extract<R[K], null> }

type AnySelection = Readonly<Record<string, true | object>>

/** A reader's schema of just these fields; a writer's other fields are passed over. */
export function selectedSchema (record: AvroRecord, selection: object): AvroRecord {
  const fields = record.fields.filter(({ name }) => name in selection).map(field => {
    const part = (selection as AnySelection)[field.name]!
    return part === true ? field : { ...field, type: selectedType(field.type, part) }
  })
  return { ...record, fields }
}

function selectedType (type: AvroType, selection: object): AvroType {
  if (isUnion(type)) return type.map(branch => selectedType(branch, selection))
  return isNamed(type) && type.type === 'record' ? selectedSchema(type, selection) : type
}
