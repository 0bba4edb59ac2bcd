// Errors as problem+json: the one place where a code becomes an HTTP status.
import { MeshError } from '@mesh/agent-sdk'
import { CodedError } from '@mesh/runtime'
import type { FastifyError } from 'fastify'
import { z } from 'zod'

/** Codes of the gateway itself; all others are the mesh's own (its README lists them), passed on as they are. */
export const gatewayCodes = {
  INVALID_REQUEST: { status: 400, retriable: false, doc: 'The body is not { conversationId, text } within its bounds.' },
  NOT_FOUND: { status: 404, retriable: false, doc: 'There is only POST /turns.' },
  BODY_TOO_LARGE: { status: 413, retriable: false, doc: 'The body is larger than a turn can be.' },
  NOT_JSON: { status: 415, retriable: false, doc: 'The body is not JSON, or does not say so.' },
  INTERNAL: { status: 500, retriable: false, doc: 'The gateway failed; its log says how.' },
  TURNS_FULL: { status: 503, retriable: true, doc: 'Too many turns wait for their answer.' },
  STOPPING: { status: 503, retriable: true, doc: 'The gateway is stopping.' }
} as const satisfies Record<string, { readonly status: number, readonly retriable: boolean, readonly doc: string }>

export type GatewayCode = keyof typeof gatewayCodes

const codeOfFastifyError: Readonly<Record<string, GatewayCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'NOT_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'NOT_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST'
}
const statusOfMeshCode: Readonly<Record<string, number>> = { TIMEOUT: 504, INPUT_INVALID: 400, TURN_CONFLICT: 409 }
const statusRetriable = 503
const statusFinal = 502

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly retriable: boolean
  readonly detail: string
  readonly dispatchId?: string
  readonly retryAfterMs?: number
}

export function problemOf (error: unknown): Problem {
  if (error instanceof MeshError) {
    const { code, message, retriable, dispatchId, retryAfterMs } = error
    return {
      type: `urn:mesh:${code}`, title: 'The mesh did not answer this turn', status: statusOfMeshCode[code] ?? (retriable ? statusRetriable : statusFinal), code, retriable,
      detail: message, ...dispatchId === undefined ? {} : { dispatchId }, ...retryAfterMs === undefined ? {} : { retryAfterMs }
    }
  }
  if (error instanceof z.ZodError) return gatewayProblem('INVALID_REQUEST', error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '))
  if (error instanceof CodedError && error.code in gatewayCodes) return gatewayProblem(error.code as GatewayCode, error.message)
  const code = codeOfFastifyError[(error as Partial<FastifyError>).code ?? '']
  return code === undefined ? gatewayProblem('INTERNAL', gatewayCodes.INTERNAL.doc) : gatewayProblem(code, (error as Error).message)
}

export function gatewayProblem (code: GatewayCode, detail: string): Problem {
  const { status, retriable, doc } = gatewayCodes[code]
  return { type: `urn:mesh:gateway:${code}`, title: doc, status, code, retriable, detail }
}
