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
import { WriteTap } from './write-tap.ts'

export type SchemaName = keyof Records

export interface Codec {
  /** Confluent wire format, the caller's own buffer. Throws CodecError UNENCODABLE, which names the field. */
  encode<N extends SchemaName> (name: N, value: Records[N]): Buffer
  /** Throws CodecError GARBAGE, UNKNOWN_SCHEMA_ID or WRONG_RECORD. `bytes` fields are views of the input: copy what is kept for long. */
  decode<N extends SchemaName> (name: N, bytes: Buffer): Records[N]
  /** Tells records of one topic apart by their schema id; undefined where the id is unknown or the bytes are too short. */
  nameOf (bytes: Buffer): SchemaName | undefined
  /** Learns the ids of versions that were registered since; call it, with a pause between, after UNKNOWN_SCHEMA_ID. */
  refresh (): Promise<void>
}

export interface Writer {
  readonly name: SchemaName
  readonly reader: Reader | undefined
  // Why this version can't be read, where it can't.
  readonly problem: string
}

const prefixBytes = 5
const slabBytes = 64 * 1024
export const recordBytesMax: number = 16 * 1024 * 1024

export const types = Object.fromEntries(Object.entries(schemas).map(([name, { schema }]) => [name, compile(schema)])) as Record<SchemaName, RecordType>

export function writerOf (name: SchemaName, schema: AvroRecord): Writer {
  try {
    return { name, reader: resolverFor(types[name], compile(schema)), problem: '' }
  } catch (error) {
    return { name, reader: undefined, problem: (error as Error).message }
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
    if (bytes.length < prefixBytes || bytes[0] !== 0) throw new CodecError('GARBAGE', `${name}: no Confluent prefix`)
    const id = bytes.readUInt32BE(1)
    const writer = this.#writers.get(id)
    if (writer === undefined) throw new CodecError('UNKNOWN_SCHEMA_ID', `${name}: schema id ${id} is unknown`)
    if (writer.name !== name) throw new CodecError('WRONG_RECORD', `schema id ${id} is of ${writer.name}, not of ${name}`)
    if (writer.reader === undefined) throw new CodecError('UNKNOWN_SCHEMA_ID', `${name}: schema id ${id} can't be read by this version (${writer.problem})`)
    const tap = this.#tap
    tap.start(bytes, prefixBytes)
    let value: unknown
    try {
      value = writer.reader._read(tap)
    } catch (error) {
      throw new CodecError('GARBAGE', `${name}: ${(error as Error).message}, at byte ${Math.min(tap.pos, bytes.length)} of ${bytes.length}`)
    }
    if (tap.left() !== 0) throw new CodecError('GARBAGE', `${name}: ${tap.left()} bytes too many`)
    return value as Records[N]
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
