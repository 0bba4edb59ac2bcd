// Records to and from bytes in Confluent wire format: a zero byte, the schema id (4 bytes, big endian), then Avro.
//
// C1. No promise and no network per record; ids are learned before, by `connectCodec` and `refresh`.
// C2. Whatever the bytes, `decode` returns a record or throws a CodecError; it neither hangs nor takes memory beyond a
//     small multiple of their size.
// C3. Bytes left over are garbage: a record is exactly one message.
// C4. `bytes` fields of what was decoded are views of the input (see read-tap.ts); encoded buffers are the caller's own.
import { compile, resolverFor } from './avro-type.ts'
import type { Reader, RecordType } from './avro-type.ts'
import type { AvroRecord } from './avro-schema.ts'
import { CodecError } from './codec-error.ts'
import type { Records } from './generated/records.ts'
import { schemas } from './generated/schemas.ts'
import { ReadTap } from './read-tap.ts'
import { selectedSchema } from './selection.ts'
import type { Selected, Selection } from './selection.ts'
import { WriteTap } from './write-tap.ts'

export type SchemaName = keyof Records

export interface Codec {
  /** Confluent wire format, the caller's own buffer. Throws CodecError UNENCODABLE, which names the field. */
  encode<N extends SchemaName> (name: N, value: Records[N]): Buffer
  /** Throws CodecError GARBAGE, UNKNOWN_SCHEMA_ID or WRONG_RECORD. `bytes` fields are views of the input: copy what is kept for long. */
  decode<N extends SchemaName> (name: N, bytes: Buffer): Records[N]
  /**
   * A decoder of some fields alone, of whatever version: the rest is passed over, which takes a fraction of the time.
   * Throws as `decode` does.
   *
   * @example const read = codec.selecting('Deferral', { dueAtMs: true, event: { source: true } })
   */
  selecting<N extends SchemaName, const S extends Selection<Records[N]>> (name: N, selection: S): (bytes: Buffer) => Selected<Records[N], S>
  /** Tells records of one topic apart by their schema id; undefined where the id is unknown or the bytes are too short. */
  nameOf (bytes: Buffer): SchemaName | undefined
  /** Learns the ids of versions that were registered since; call it, with a pause between, after UNKNOWN_SCHEMA_ID. */
  refresh (): Promise<void>
}

export interface Writer {
  readonly name: SchemaName
  readonly readable: Readable | undefined
  // Why this version can't be read, where it can't.
  readonly problem: string
}

interface Readable { readonly written: RecordType, readonly reader: Reader }

const prefixBytes = 5
const slabBytes = 64 * 1024
export const recordBytesMax: number = 16 * 1024 * 1024

export const types = Object.fromEntries(Object.entries(schemas).map(([name, { schema }]) => [name, compile(schema)])) as Record<SchemaName, RecordType>

export function writerOf (name: SchemaName, schema: AvroRecord): Writer {
  try {
    const written = compile(schema)
    return { name, readable: { written, reader: resolverFor(types[name], written) }, problem: '' }
  } catch (error) {
    return { name, readable: undefined, problem: (error as Error).message }
  }
}

export class WireCodec implements Codec {
  readonly #idOf: Readonly<Record<SchemaName, number>>
  readonly #writers: Map<number, Writer>
  readonly #learn: () => Promise<void>
  readonly #tap = new ReadTap()
  readonly #out = new WriteTap(slabBytes)

  constructor (idOf: Readonly<Record<SchemaName, number>>, writers: Map<number, Writer>, learn: () => Promise<void>) {
    this.#idOf = idOf
    this.#writers = writers
    this.#learn = learn
  }

  encode<N extends SchemaName> (name: N, value: Records[N]): Buffer {
    const out = this.#out
    for (;;) {
      out.pos = prefixBytes
      try {
        types[name]._write(out, value)
      } catch (error) {
        throw unencodable(name, value)
      }
      if (out.fits()) break
      if (out.pos > recordBytesMax) throw new CodecError('UNENCODABLE', `${name} would take ${out.pos} bytes, more than ${recordBytesMax}`)
      out.grow()
    }
    const bytes = out.copy()
    bytes[0] = 0
    bytes.writeUInt32BE(this.#idOf[name], 1)
    return bytes
  }

  decode<N extends SchemaName> (name: N, bytes: Buffer): Records[N] {
    return this.#read(name, this.#readableOf(name, bytes).reader, bytes) as Records[N]
  }

  selecting<N extends SchemaName, const S extends Selection<Records[N]>> (name: N, selection: S): (bytes: Buffer) => Selected<Records[N], S> {
    const type = compile(selectedSchema(schemas[name].schema, selection))
    // One a registered version.
    const readers = new Map<Readable, Reader>()
    return bytes => {
      const readable = this.#readableOf(name, bytes)
      let reader = readers.get(readable)
      if (reader === undefined) readers.set(readable, reader = resolverFor(type, readable.written))
      return this.#read(name, reader, bytes) as Selected<Records[N], S>
    }
  }

  #readableOf (name: SchemaName, bytes: Buffer): Readable {
    if (bytes.length < prefixBytes || bytes[0] !== 0) throw new CodecError('GARBAGE', `${name}: no Confluent prefix`)
    const id = bytes.readUInt32BE(1)
    const writer = this.#writers.get(id)
    if (writer === undefined) throw new CodecError('UNKNOWN_SCHEMA_ID', `${name}: schema id ${id} is unknown`)
    if (writer.name !== name) throw new CodecError('WRONG_RECORD', `schema id ${id} is of ${writer.name}, not of ${name}`)
    if (writer.readable === undefined) throw new CodecError('UNKNOWN_SCHEMA_ID', `${name}: schema id ${id} can't be read by this version (${writer.problem})`)
    return writer.readable
  }

  #read (name: SchemaName, reader: Reader, bytes: Buffer): unknown {
    const tap = this.#tap
    tap.start(bytes, prefixBytes)
    let value: unknown
    try {
      value = reader._read(tap)
    } catch (error) {
      throw new CodecError('GARBAGE', `${name}: ${(error as Error).message}, at byte ${Math.min(tap.pos, bytes.length)} of ${bytes.length}`)
    }
    if (tap.left() !== 0) throw new CodecError('GARBAGE', `${name}: ${tap.left()} bytes too many`)
    return value
  }

  nameOf (bytes: Buffer): SchemaName | undefined {
    if (bytes.length < prefixBytes || bytes[0] !== 0) return undefined
    return this.#writers.get(bytes.readUInt32BE(1))?.name
  }

  refresh (): Promise<void> { return this.#learn() }
}

// avsc's own message repeats the value, which may be a payload.
function unencodable (name: SchemaName, value: unknown): CodecError {
  const fields: string[] = []
  const known = typeof value === 'object' && value !== null
  if (known) types[name].isValid(value, { errorHook: path => fields.push(path.join('.')) })
  return new CodecError('UNENCODABLE', `${name} doesn't fit its schema${fields.length === 0 ? '' : `: ${fields.slice(0, 5).join(', ')}`}`)
}
