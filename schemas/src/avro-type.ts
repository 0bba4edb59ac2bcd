// avsc types that read and write through the mesh's own taps.
//
// `_read` and `_write` are avsc's inner interface, the only one that takes a tap; a test holds them to the pinned version.
import avsc from 'avsc'
import type { Resolver, Type } from 'avsc'
import type { AvroRecord } from './avro-schema.ts'
import { GarbageError } from './read-tap.ts'
import type { ReadTap } from './read-tap.ts'
import type { WriteTap } from './write-tap.ts'

export interface Reader {
  _read (tap: ReadTap): unknown
}

export type RecordType = Type & Reader & {
  _write (tap: WriteTap, value: unknown): void
}

// avsc allocates as many items as the bytes claim, and skips backward where they say so.
class BoundedArray extends avsc.types.ArrayType {
  _read (tap: ReadTap): unknown[] {
    const items = this.itemsType as unknown as Reader
    const values: unknown[] = []
    for (let count = tap.readCount(); count > 0; count = tap.readCount()) {
      // A block of items of no bytes at all may come again and again: bounded by the bytes of its count.
      while (count-- > 0) values.push(items._read(tap))
    }
    return values
  }

  _skip (tap: ReadTap): void {
    const items = this.itemsType as unknown as { _skip (tap: ReadTap): void }
    for (let count = tap.readCount(); count > 0; count = tap.readCount()) {
      while (count-- > 0) items._skip(tap)
    }
  }
}

const refused = new Set(['map', 'fixed', 'error'])

export function compile (schema: AvroRecord): RecordType {
  return avsc.Type.forSchema(schema as never, {
    omitRecordMethods: true,
    wrapUnions: 'never',
    typeHook: (part: unknown, options: unknown) => {
      const type = (part as { type?: unknown } | null)?.type
      if (typeof type === 'string' && refused.has(type)) throw new GarbageError(`the mesh's schemas have no ${type}`)
      return type === 'array' ? new BoundedArray(part as never, options) : undefined
    }
  } as never) as RecordType
}

export function resolverFor (reader: RecordType, writer: RecordType): Reader {
  return reader.createResolver(writer) as Resolver as unknown as Reader
}
