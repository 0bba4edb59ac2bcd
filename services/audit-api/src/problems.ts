// Errors as problem+json (RFC 9457): one place where what went wrong becomes an answer.

import type { FastifyError, FastifyReply } from 'fastify'
import { hasZodFastifySchemaValidationErrors, type ZodFastifySchemaValidationError } from 'fastify-type-provider-zod'
import { apiCodes, type ApiCode, type Problem } from './core/codes.ts'
import { ApiError } from './errors.ts'

const problemsMax = 20
const retryAfterS = 2

export interface Refusal { readonly code: ApiCode, readonly detail: string, readonly problems: readonly Problem[] }

export function sendProblem (reply: FastifyReply, { code, detail, problems }: Refusal): FastifyReply {
  const { doc: title, retriable, status } = apiCodes[code]
  if (status === 503 || status === 429) void reply.header('retry-after', retryAfterS)
  if (status === 401) void reply.header('www-authenticate', code === 'TOKEN_MISSING' ? 'Bearer' : 'Bearer error="invalid_token"')
  const body = { type: `urn:mesh:audit-api:${code}`, title, status, code, retriable, detail, problems }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** What to tell the caller about anything thrown while answering; the log keeps what the caller need not see. */
export function refusalOf (error: FastifyError): Refusal {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.flatMap(problemsOf).slice(0, problemsMax)
    return { code: 'INVALID_REQUEST', detail: problems.map(({ field, message }) => `${field}: ${message}`).join('; '), problems }
  }
  if (error instanceof ApiError) return { code: error.code, detail: error.message, problems: error.problems }
  if (error.code?.startsWith('FST_ERR_') && (error.statusCode ?? 500) < 500) return { code: 'INVALID_REQUEST', detail: error.message, problems: [] }
  return { code: 'INTERNAL', detail: apiCodes.INTERNAL.doc, problems: [] }
}

/** A field is named by its name, without the number of its value; one that does not exist is named, too. */
function problemsOf ({ keyword, instancePath, message, params }: ZodFastifySchemaValidationError): Problem[] {
  const unknown = keyword === 'unrecognized_keys' ? (params as { readonly keys?: unknown }).keys : undefined
  if (Array.isArray(unknown)) return unknown.map(key => ({ field: String(key).slice(0, 100), message: 'is not a field of this request' }))
  return [{ field: instancePath.split('/')[1] ?? '', message: message ?? 'is not valid' }]
}
