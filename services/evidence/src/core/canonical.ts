// The one text of a JSON value (RFC 8785): what is hashed must not depend on who wrote it down.
//
// Invariants:
//   J1. Equal values have equal texts: keys in the order of their UTF-16 units, numbers and strings as ECMAScript writes them, no space.
//   J2. What has no JSON form (NaN, half a surrogate pair, undefined) is refused, never replaced.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export class NotCanonicalError extends Error {
  override readonly name = 'NotCanonicalError'
  readonly code = 'NOT_CANONICAL'
  readonly retriable = false
}

export function canonicalJson (value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return textJson(value)
  if (typeof value === 'number') return numberJson(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new NotCanonicalError(`a ${typeof value} has no JSON form`)
  const fields = value as { readonly [key: string]: Json }
  return `{${Object.keys(fields).sort().map(key => `${textJson(key)}:${canonicalJson(fields[key]!)}`).join(',')}}`
}

/** The value of a text that is its canonical form; anything else is refused, so that no two readers see different things in it. */
export function parseCanonical (text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    throw new NotCanonicalError('it is not JSON')
  }
  if (canonicalJson(value) !== text) throw new NotCanonicalError('it is not in canonical form (RFC 8785)')
  return value
}

function textJson (text: string): string {
  if (!text.isWellFormed()) throw new NotCanonicalError('a text holds half of a surrogate pair')
  return JSON.stringify(text)
}

function numberJson (value: number): string {
  if (!Number.isFinite(value)) throw new NotCanonicalError(`${value} has no JSON form`)
  return JSON.stringify(value)
}
