// The .avsc files of this folder: one record a file, named after the record. Read by the scripts only; processes use src/generated.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fullName } from './avro-schema.ts'
import type { AvroRecord } from './avro-schema.ts'
import { SchemaError } from './inlining.ts'

export const schemasFolder: string = fileURLToPath(new URL('..', import.meta.url))
const notSources = new Set(['src', 'scripts', 'test', 'history', 'node_modules'])

export function readSchemaFiles (folder: string = schemasFolder): Map<string, AvroRecord> {
  const records = new Map<string, AvroRecord>()
  const folders = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory() && !notSources.has(entry.name))
  for (const { name } of folders.sort((a, b) => a.name < b.name ? -1 : 1)) {
    for (const file of readdirSync(join(folder, name)).filter(file => file.endsWith('.avsc')).sort()) {
      const record = parse(join(folder, name, file), `${name}/${file}`)
      if (record.namespace !== `mesh.${name}`) throw new SchemaError(`${name}/${file}: the namespace must be mesh.${name}, after the folder`)
      if (record.name !== basename(file, '.avsc')) throw new SchemaError(`${name}/${file}: the record must be called ${basename(file, '.avsc')}, after the file`)
      records.set(fullName(record), record)
    }
  }
  return records
}

function parse (path: string, shown: string): AvroRecord {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as AvroRecord
    if (record.type !== 'record' || !Array.isArray(record.fields)) throw new Error('not a record')
    return record
  } catch (error) {
    throw new SchemaError(`${shown}: ${(error as Error).message}`, { cause: error })
  }
}

export function fullNameOf (name: string, records: ReadonlyMap<string, AvroRecord>): string {
  const found = [...records.keys()].filter(full => full.endsWith(`.${name}`))
  if (found.length !== 1) throw new SchemaError(`${found.length === 0 ? 'no schema file defines' : 'two schema files define'} a record called ${name}`)
  return found[0]!
}
