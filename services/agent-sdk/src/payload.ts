// JSON in, JSON out; and what may be said of a payload that doesn't fit.
//
// Invariants:
//   P1. No message here repeats a value of the payload: it names fields, kinds and sizes.
import { z } from 'zod'
import { sdkCodes } from './codes.ts'
import { MeshError } from './errors.ts'

export const jsonContentType = 'application/json'
const issuesNamedMax = 5

export function toPayload (value: unknown, capability: string): Buffer {
  try {
    return Buffer.from(JSON.stringify(value ?? null) ?? 'null')
  } catch (error) {
    // V8's message on a circle names classes and keys, not values; it stays out all the same.
    const name = error instanceof Error ? error.name : 'unknown'
    throw new MeshError('PAYLOAD_NOT_JSON', `what is sent to '${capability}' can't be written as JSON (${name})`, { ...sdkCodes.PAYLOAD_NOT_JSON, capability })
  }
}

export type Parsed<T> = { readonly value: T } | { readonly problem: string }

export function fromPayload (payload: Buffer, contentType: string): Parsed<unknown> {
  if (contentType !== jsonContentType) return { problem: `content type is not ${jsonContentType}` }
  try {
    return { value: JSON.parse(payload.toString()) as unknown }
  } catch {
    return { problem: `${payload.length} bytes are not JSON` }
  }
}

export async function fit<S extends z.ZodType> (schema: S, value: unknown): Promise<Parsed<z.output<S>>> {
  const result = parseNow(schema, value) ?? await schema.safeParseAsync(value)
  return result.success ? { value: result.data } : { problem: issuesSaid(result.error.issues) }
}

// Where nothing in the schema is asynchronous, parsing takes the same turns whatever the schema: so handlers begin in order.
function parseNow<S extends z.ZodType> (schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> | undefined {
  try {
    return schema.safeParse(value)
  } catch (error) {
    if (error instanceof z.core.$ZodAsyncError) return undefined
    throw error
  }
}

interface Issue { readonly code?: string | undefined, readonly path: readonly PropertyKey[], readonly expected?: unknown }

function issuesSaid (issues: readonly Issue[]): string {
  const said = issues.slice(0, issuesNamedMax).map(issue => {
    const expected = issue.code === 'invalid_type' && typeof issue.expected === 'string' ? `expected ${issue.expected}` : issue.code ?? 'invalid'
    return `${pathSaid(issue.path)}: ${expected}`
  })
  const more = issues.length - said.length
  return said.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

// A key of a map may be content (an address, a name); what looks like a field's name is shown.
const fieldName = /^[A-Za-z][A-Za-z0-9_]{0,39}$/
const pathSaid = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the whole' : path.map(part => typeof part === 'number' || fieldName.test(String(part)) ? String(part) : '*').join('.')
