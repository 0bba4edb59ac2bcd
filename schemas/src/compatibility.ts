// Whether a reader's schema can read what a writer's schema wrote, and if not, which field stands in the way.
//
// avsc's resolver answers the same question without saying where; a test holds both to the same answer.
import { fullName, isArray, isNamed, isUnion } from './avro-schema.ts'
import type { AvroEnum, AvroRecord, AvroType } from './avro-schema.ts'

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'], long: ['float', 'double'], float: ['double'], string: ['bytes'], bytes: ['string']
}

type Named = ReadonlyMap<string, AvroRecord | AvroEnum>

// Each reason begins with the path of its field; empty where everything can be read.
export function incompatibilities (reader: AvroRecord, writer: AvroRecord): string[] {
  const readerTypes = namedTypes(reader)
  const writerTypes = namedTypes(writer)

  function compare (read: AvroType, written: AvroType, path: string): string[] {
    const target = named(read, readerTypes)
    const origin = named(written, writerTypes)
    if (isUnion(origin)) return origin.flatMap(branch => compare(target, branch, path))
    if (isUnion(target)) {
      if (target.some(branch => compare(branch, origin, path).length === 0)) return []
      const alike = target.find(branch => isNamed(named(branch, readerTypes)) && label(branch) === label(origin))
      return alike === undefined ? [`${path}: was ${label(origin)}, which ${label(target)} can't hold`] : compare(alike, origin, path)
    }
    if (isArray(target) && isArray(origin)) return compare(target.items, origin.items, `${path}[]`)
    if (isNamed(target) && isNamed(origin) && target.type === origin.type) {
      if (!names(target).includes(fullName(origin))) return [`${path}: was ${fullName(origin)} and is ${fullName(target)}, without an alias`]
      return target.type === 'enum' ? compareEnums(target, origin as AvroEnum, path) : compareRecords(target, origin as AvroRecord, path)
    }
    if (typeof target === 'string' && typeof origin === 'string' && (target === origin || promotions[origin]?.includes(target) === true)) return []
    return [`${path}: was ${label(origin)} and is ${label(target)}`]
  }

  function compareRecords (read: AvroRecord, written: AvroRecord, path: string): string[] {
    const writtenFields = new Map(written.fields.map(field => [field.name, field]))
    return read.fields.flatMap(field => {
      const origin = [field.name, ...field.aliases ?? []].map(name => writtenFields.get(name)).find(found => found !== undefined)
      if (origin !== undefined) return compare(field.type, origin.type, `${path}.${field.name}`)
      return field.default === undefined ? [`${path}.${field.name}: is not in the older version and has no default`] : []
    })
  }

  return compare(reader, writer, reader.name)
}

function compareEnums (read: AvroEnum, written: AvroEnum, path: string): string[] {
  const missing = written.symbols.filter(symbol => !read.symbols.includes(symbol))
  return missing.length === 0 ? [] : [`${path}: no longer has ${missing.join(', ')}`]
}

const names = (type: AvroRecord | AvroEnum): string[] =>
  [fullName(type), ...(type.aliases ?? []).map(alias => alias.includes('.') || type.namespace === undefined ? alias : `${type.namespace}.${alias}`)]

const named = (type: AvroType, types: Named): AvroType => typeof type === 'string' ? types.get(type) ?? type : type

function namedTypes (root: AvroType, found = new Map<string, AvroRecord | AvroEnum>()): Named {
  if (isUnion(root)) for (const branch of root) namedTypes(branch, found)
  else if (isArray(root)) namedTypes(root.items, found)
  else if (isNamed(root)) {
    found.set(fullName(root), root)
    if (root.type === 'record') for (const field of root.fields) namedTypes(field.type, found)
  }
  return found
}

function label (type: AvroType): string {
  if (typeof type === 'string') return type
  if (isUnion(type)) return type.map(label).join(' | ')
  if (isArray(type)) return `array of ${label(type.items)}`
  return isNamed(type) ? fullName(type) : JSON.stringify(type)
}
