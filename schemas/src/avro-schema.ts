// Avro schemas as JSON, as far as the mesh uses them.
export type AvroType = string | readonly AvroType[] | AvroRecord | AvroEnum | AvroArray

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly doc?: string
  readonly default?: unknown
  readonly aliases?: readonly string[]
}

export interface AvroRecord {
  readonly type: 'record'
  readonly namespace?: string
  readonly name: string
  readonly doc?: string
  readonly aliases?: readonly string[]
  readonly fields: readonly AvroField[]
}

export interface AvroEnum {
  readonly type: 'enum'
  readonly namespace?: string
  readonly name: string
  readonly doc?: string
  readonly aliases?: readonly string[]
  readonly symbols: readonly string[]
}

export interface AvroArray {
  readonly type: 'array'
  readonly items: AvroType
}

export const isUnion = (type: AvroType): type is readonly AvroType[] => Array.isArray(type)
export const isNamed = (type: AvroType): type is AvroRecord | AvroEnum => typeof type === 'object' && !isUnion(type) && (type.type === 'record' || type.type === 'enum')
export const isArray = (type: AvroType): type is AvroArray => typeof type === 'object' && !isUnion(type) && type.type === 'array'
export const fullName = (type: AvroRecord | AvroEnum): string => type.namespace === undefined ? type.name : `${type.namespace}.${type.name}`
