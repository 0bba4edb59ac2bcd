// The mesh's records by the avsc package alone: read with the schema that they were written with, which the schema registry
// keeps under the id before each, and written with that of the .avsc files.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import avsc from 'avsc'

const schemasFolder = fileURLToPath(new URL('../../../../schemas', import.meta.url))
const folders = ['audit', 'control', 'delivery', 'dispatch'] as const
const prefixBytes = 5

interface Named { readonly namespace?: string, readonly name: string }
export type Value = Record<string, unknown>
const fullName = ({ namespace, name }: Named): string => `${namespace}.${name}`

const schemaOf = new Map<string, Named>(folders.flatMap(folder => readdirSync(join(schemasFolder, folder)).filter(file => file.endsWith('.avsc')).map(file => {
  const schema = JSON.parse(readFileSync(join(schemasFolder, folder, file), 'utf8')) as Named
  return [fullName(schema), schema] as const
})))

// One registry for all: a record is defined once, with what it refers to before it.
const registry: Record<string, avsc.Type> = {}

function define (name: string): avsc.Type {
  const known = registry[name]
  if (known !== undefined) return known
  const schema = schemaOf.get(name)
  if (schema === undefined) throw new Error(`no .avsc file defines ${name}`)
  const text = JSON.stringify(schema)
  for (const other of schemaOf.keys()) if (other !== name && text.includes(`"${other}"`)) define(other)
  return avsc.Type.forSchema(schema as avsc.Schema, { registry, wrapUnions: 'never' })
}

export const typeOf = (name: string): avsc.Type => define(name)

/** Learns which ids the schema registry gave to the records: wire format is a zero byte, the id, then Avro. */
export class WireFormat {
  readonly #url: string
  readonly #nameOf = new Map<number, string>()
  readonly #typeOf = new Map<number, avsc.Type>()

  constructor (schemaRegistryUrl: string) { this.#url = schemaRegistryUrl }

  /** Asks for every id there is; ids are small numbers from 1 on. */
  async learn (): Promise<void> {
    const unknownMax = 20
    for (let id = 1, unknown = 0; unknown < unknownMax; id++) {
      const answer = await fetch(`${this.#url}/schemas/ids/${id}`)
      if (!answer.ok) unknown++
      else {
        const { schema } = await answer.json() as { schema: string }
        this.#nameOf.set(id, fullName(JSON.parse(schema) as Named))
        this.#typeOf.set(id, avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, { wrapUnions: 'never' }))
        unknown = 0
      }
    }
  }

  nameOf (bytes: Buffer | null): string | null {
    if (bytes === null || bytes.length < prefixBytes || bytes[0] !== 0) return null
    return this.#nameOf.get(bytes.readUInt32BE(1)) ?? null
  }

  /** Undefined where the bytes are not such a record. */
  decode (name: string, bytes: Buffer | null): Value | undefined {
    if (this.nameOf(bytes) !== name) return undefined
    try {
      return this.#typeOf.get(bytes!.readUInt32BE(1))!.fromBuffer(bytes!.subarray(prefixBytes)) as Value
    } catch {
      return undefined
    }
  }

  encode (name: string, value: Value): Buffer {
    const id = [...this.#nameOf].findLast(([, known]) => known === name)?.[0]
    if (id === undefined) throw new Error(`the schema registry has no ${name}`)
    const head = Buffer.alloc(prefixBytes)
    head.writeUInt32BE(id, 1)
    return Buffer.concat([head, typeOf(name).toBuffer(value)])
  }
}
