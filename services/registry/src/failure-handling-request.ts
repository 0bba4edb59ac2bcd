// What a registration says about failure, as JSON: retries, idle timeout, fallback, limits on chains.
//
// H1. None of it is part of the contract: it may change under the same version.
// H2. A problem with a fixed answer names its field and its size, never what is in it.

import type { ChainLimits, Fallback, RetryPolicy } from '@mesh/schemas'
import { z } from 'zod'
import { bounds, textRules } from './core/field-rules.ts'
import { distinct, millisecondsIn, text, wholeIn } from './field-schemas.ts'

export const retryBody = z.strictObject({
  attemptsMax: wholeIn(1, bounds.attemptsMax).describe('Deliveries altogether, the first included.'),
  backoffMs: millisecondsIn(1, bounds.backoffMsMax).nullish()
    .describe(`Wait before the second attempt, doubled for each further one, with jitter; ${bounds.backoffMsDefault} if left out.`),
  backoffMsMax: millisecondsIn(1, bounds.backoffMsMax).nullish().describe(`Longest wait; ${bounds.backoffMsMaxDefault}, or backoffMs, if left out.`),
  codes: distinct(text(textRules.errorCode), bounds.retryCodesMax).default([]).describe('Error codes that are tried again; empty for every error that says it is retriable.')
}).superRefine(({ backoffMs, backoffMsMax }, context) => {
  if ((backoffMsMax ?? Infinity) >= (backoffMs ?? bounds.backoffMsDefault)) return
  context.addIssue({ code: 'custom', path: ['backoffMsMax'], message: 'must not be less than backoffMs' })
})

const kinds = ['capability', 'reply', 'error'] as const
const fieldsOf = { capability: ['capability'], reply: ['payload'], error: ['code', 'message'] } as const
const kindFields = ['capability', 'payload', 'code', 'message'] as const

export const fallbackBody = z.strictObject({
  kind: z.enum(kinds).describe('capability: another capability is asked, with the same payload; reply: a fixed answer; error: a fixed error.'),
  capability: text(textRules.capability).nullish(),
  contentType: text(textRules.mediaType).default('application/json').describe('Media type of the fixed answer.'),
  payload: z.string().nullish().describe(`The fixed answer in base64, ${bounds.replyPayloadBytesMax} bytes at most.`),
  code: text(textRules.errorCode).nullish(),
  message: text(textRules.reason).nullish()
}).superRefine((fallback, context) => {
  const own: readonly string[] = fieldsOf[fallback.kind]
  for (const field of kindFields) {
    const isGiven = typeof fallback[field] === 'string'
    if (isGiven === own.includes(field)) continue
    const message = isGiven ? `does not belong to a fallback of kind ${fallback.kind}` : `is missing: a fallback of kind ${fallback.kind} needs it`
    context.addIssue({ code: 'custom', path: [field], message })
  }
  const problem = typeof fallback.payload !== 'string' ? undefined : payloadProblem(fallback.payload, fallback.contentType)
  if (problem !== undefined && fallback.kind === 'reply') context.addIssue({ code: 'custom', path: ['payload'], message: problem })
})

export const chainLimitsBody = z.strictObject({
  depthMax: wholeIn(1, bounds.chainDepthMax).nullish().describe('Dispatches from the root to this one, at most.'),
  visitsMax: wholeIn(1, bounds.chainVisitsMax).nullish().describe('Times that one agent may be asked for one capability in a chain.'),
  workflowHopsMax: wholeIn(1, bounds.workflowHopsMax).nullish().describe('Dispatches of a workflow within the duplicate window.')
})

export const idleTimeoutBody = millisecondsIn(1, bounds.durationMsMax)

export function toRetry (body: z.output<typeof retryBody> | null | undefined): RetryPolicy | null {
  if (body === null || body === undefined) return null
  const backoffMs = body.backoffMs ?? bounds.backoffMsDefault
  return { attemptsMax: body.attemptsMax, backoffMs, backoffMsMax: body.backoffMsMax ?? Math.max(backoffMs, bounds.backoffMsMaxDefault), codes: body.codes }
}

export function toFallback (body: z.output<typeof fallbackBody> | null | undefined): Fallback | null {
  if (body === null || body === undefined) return null
  const { kind, capability = null, contentType, payload, code = null, message = null } = body
  return { kind, capability, contentType, payload: typeof payload !== 'string' ? null : Buffer.from(payload, 'base64'), code, message }
}

export function toChainLimits (body: z.output<typeof chainLimitsBody> | null | undefined): ChainLimits | null {
  const { depthMax = null, visitsMax = null, workflowHopsMax = null } = body ?? {}
  return depthMax === null && visitsMax === null && workflowHopsMax === null ? null : { depthMax, visitsMax, workflowHopsMax }
}

function payloadProblem (base64: string, contentType: string): string | undefined {
  const payload = Buffer.from(base64, 'base64')
  const unpadded = (encoded: string): string => encoded.replace(/=+$/, '')
  if (unpadded(payload.toString('base64')) !== unpadded(base64)) return 'must be base64'
  const { replyPayloadBytesMax } = bounds
  if (payload.length > replyPayloadBytesMax) return `has ${payload.length.toLocaleString('en')} bytes; at most ${replyPayloadBytesMax.toLocaleString('en')} may be registered`
  return /^[a-z]+\/([a-z0-9.-]+\+)?json\b/.test(contentType) && !isJson(payload) ? 'must be JSON in UTF-8, as its contentType says' : undefined
}

function isJson (payload: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return true
  } catch {
    return false
  }
}
