// What tells two versions of a record apart where there is no schema registry: stores of bytes name it beside them.
//
// P1. Words don't count: a changed `doc` reads the same bytes.
import { createHash } from 'node:crypto'
import { schemas } from './generated/schemas.ts'
import type { SchemaName } from './wire-codec.ts'

/** Eight hexadecimal digits, the same as long as the record's bytes mean the same. */
export function schemaFingerprint (name: SchemaName): string {
  const text = JSON.stringify(schemas[name].schema, (key, value: unknown) => key === 'doc' && typeof value === 'string' ? undefined : value)
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
