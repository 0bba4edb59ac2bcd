// schemas/history: every version of a record that was ever accepted, self-contained, as <full name>/<n>.avsc, n from 1.
// Committed, so that compatibility can be told without a registry.
//
// H1. A version is never changed or removed: records written with it lie in topics for months.
// H2. Words (`doc`) may change without a new version.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AvroRecord } from './avro-schema.ts'
import { SchemaError } from './inlining.ts'
import { schemasFolder } from './schema-files.ts'

export const historyFolder: string = join(schemasFolder, 'history')

export function readHistory (subject: string, folder: string = historyFolder): AvroRecord[] {
  const own = join(folder, subject)
  if (!existsSync(own)) return []
  const count = readdirSync(own).filter(file => file.endsWith('.avsc')).length
  return Array.from({ length: count }, (_, index) => {
    const path = join(own, `${index + 1}.avsc`)
    if (!existsSync(path)) throw new SchemaError(`history/${subject}: ${index + 1}.avsc is missing; versions are numbered from 1 and never removed`)
    return JSON.parse(readFileSync(path, 'utf8')) as AvroRecord
  })
}

export function writeVersion (subject: string, version: number, schema: AvroRecord, folder: string = historyFolder): void {
  mkdirSync(join(folder, subject), { recursive: true })
  writeFileSync(join(folder, subject, `${version}.avsc`), `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' })
}

export function sameButWords (one: AvroRecord, other: AvroRecord): boolean {
  return withoutWords(one) === withoutWords(other)
}

function withoutWords (schema: AvroRecord): string {
  return JSON.stringify(schema, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).filter(([name, part]) => !(name === 'doc' && typeof part === 'string'))
    return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1))
  })
}
