// Errors as problem+json: one place where a code becomes an HTTP status.

import { CodedError } from '@mesh/runtime'
import type { FastifyError, FastifyReply } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { registryCodes, type Problem, type RegistryCode } from './core/codes.ts'
import { bounds } from './core/field-rules.ts'

const statusOf: Readonly<Record<RegistryCode, number>> = {
  INVALID_REQUEST: 400, BODY_TOO_LARGE: 413, NOT_JSON: 415, OWNER_CHANGED: 409, CONTRACT_CHANGED: 409, CONTRACT_CONFLICT: 409, SELF_DEPENDENCY: 409,
  PARTITIONS_CHANGED: 409, REGISTRY_FULL: 409, QUARANTINED: 409, KEY_NOT_POSSESSED: 409, KEY_NOT_REGISTERED: 409, KEY_REVOKED: 409, KEY_EXPIRED: 409,
  DEAD_LETTER_SETTLED: 409, DEAD_LETTER_UNREADABLE: 409, NOT_FOUND: 404, BUSY: 503, UNAVAILABLE: 503, INTERNAL: 500
}
const retryAfterSeconds = 2

const codeOfFastifyError: Readonly<Record<string, RegistryCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'NOT_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'NOT_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST'
}

export interface Refusal { readonly code: RegistryCode, readonly detail: string, readonly problems: readonly Problem[] }

export function sendProblem (reply: FastifyReply, { code, detail, problems }: Refusal): FastifyReply {
  const { doc: title, retriable } = registryCodes[code]
  const status = statusOf[code]
  if (status === 503) void reply.header('retry-after', retryAfterSeconds)
  const body = { type: `urn:mesh:registry:${code}`, title, status, code, retriable, detail, problems }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** What to tell the caller about anything thrown while answering; the log keeps what the caller need not see. */
export function refusalOf (error: FastifyError): Refusal {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.slice(0, bounds.problemsMax).map(({ instancePath, message }) =>
      ({ code: 'INVALID_REQUEST' as const, field: instancePath.slice(1).replaceAll('/', '.'), message: message ?? 'is not valid' }))
    return { code: 'INVALID_REQUEST', detail: problems.map(({ field, message }) => `${field || 'body'}: ${message}`).join('; '), problems }
  }
  const fastifyCode = codeOfFastifyError[error.code]
  if (fastifyCode !== undefined) return { code: fastifyCode, detail: error.message, problems: [] }
  if (isRegistryError(error)) return { code: error.code, detail: error.message, problems: [] }
  return { code: 'INTERNAL', detail: registryCodes.INTERNAL.doc, problems: [] }
}

function isRegistryError (error: Error): error is CodedError<RegistryCode> {
  return error instanceof CodedError && error.code in registryCodes
}
