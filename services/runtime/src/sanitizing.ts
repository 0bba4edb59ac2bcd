// What may be seen of a value in a log line: payloads cut out by name, bytes as a count, long texts cut short.
//
// Invariants:
//   S1. A field whose name says payload or secret shows only that it was left out, however deep it lies.
//   S2. The result is bounded: depth, fields, items and characters, so that one line can't fill a disk.
//   S3. Of an error, only type, code, message, stack and cause pass: clients hang rows and requests on their errors.

export const leftOutNames: readonly string[] = [
  'payload', 'body', 'value', 'text', 'input', 'output', 'content', 'password', 'secret', 'token', 'privateKey', 'authorization', 'cookie'
]
export const leftOutMark = '[left out]'
const leftOut = new Set(leftOutNames.map(name => name.toLowerCase()))

const depthMax = 5
const fieldsMax = 50
const itemsMax = 20
const stringCharsMax = 1_000
const stackCharsMax = 4_000

export function sanitized (fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return fieldsOf(fields, 0)
}

function fieldsOf (fields: object, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  let count = 0
  for (const [name, value] of Object.entries(fields)) {
    if (++count > fieldsMax) {
      result['…'] = 'more fields'
      break
    }
    result[name] = leftOut.has(name.toLowerCase()) && value !== undefined && value !== null ? leftOutMark : valueOf(value, depth + 1)
  }
  return result
}

function valueOf (value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value, stringCharsMax)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return errorOf(value, depth)
  if (depth >= depthMax) return '[too deep]'
  if (Array.isArray(value)) {
    const items = value.slice(0, itemsMax).map(item => valueOf(item, depth + 1))
    return value.length > itemsMax ? [...items, `… ${value.length - itemsMax} more`] : items
  }
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`
  if (value instanceof Date) return value
  return fieldsOf(value, depth)
}

function errorOf (error: Error, depth: number): Record<string, unknown> {
  const { code, retriable } = error as { readonly code?: unknown, readonly retriable?: unknown }
  return {
    type: error.name,
    ...typeof code === 'string' || typeof code === 'number' ? { code } : {},
    ...typeof retriable === 'boolean' ? { retriable } : {},
    message: cut(error.message, stringCharsMax),
    stack: cut(error.stack ?? '', stackCharsMax),
    ...error.cause === undefined || depth >= depthMax ? {} : { cause: valueOf(error.cause, depth + 1) }
  }
}

const cut = (text: string, charsMax: number): string => text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
