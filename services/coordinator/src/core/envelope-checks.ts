// Checks of a dispatch by itself: is it written as the contract says, at the place it claims?
import type { Dispatch } from '@mesh/schemas'
import { limits, partitionFor } from '@mesh/topics'
import type { IngressFacts, Refusal } from './ingress.ts'

/** How far a source's clock may run ahead of the broker's before its time of issue is refused. */
export const clockAheadMsMax = 2_000

const refusal = (code: Refusal['code'], message: string): Refusal => ({ code, message })

export function checkEnvelope (dispatch: Dispatch, facts: IngressFacts, taskCount: number): Refusal | undefined {
  const invalid = invalidField(dispatch)
  if (invalid !== undefined) return refusal('INVALID_FIELD', invalid)
  if (dispatch.priority !== facts.lane) {
    return refusal('PRIORITY_MISMATCH', `priority ${dispatch.priority} was written to the topic of priority ${facts.lane}`)
  }
  if (facts.key !== dispatch.workflowId) return refusal('KEY_MISMATCH', 'the key is not the workflow id')
  if (partitionFor(dispatch.workflowId, taskCount) !== facts.position.partition) {
    return refusal('KEY_MISMATCH', `partition ${facts.position.partition} is not that of the key`)
  }
  if (dispatch.issuedAtMs > facts.appendedAtMs + clockAheadMsMax) {
    return refusal('ISSUED_IN_FUTURE', `issued ${dispatch.issuedAtMs - facts.appendedAtMs} ms after the broker appended it`)
  }
  return undefined
}

function invalidField (dispatch: Dispatch): string | undefined {
  const { chain, inReplyTo } = dispatch
  const invalid = invalidId(dispatch)
  if (invalid !== undefined) return `${invalid} is ${dispatch[invalid] === '' ? 'empty' : `longer than ${limits.idCharsMax} characters`}`
  if (!Number.isInteger(dispatch.priority) || dispatch.priority < 0 || dispatch.priority > 3) return 'priority is not 0 to 3'
  if (chain.length > limits.chainHopsMax) return `chain has more than ${limits.chainHopsMax} hops`
  const isAbout = dispatch.type !== 'request' && dispatch.type !== 'event'
  if (isAbout && inReplyTo === null) return `inReplyTo is missing on a ${dispatch.type}`
  if (!isAbout && inReplyTo !== null) return `inReplyTo is set on a ${dispatch.type}`
  if (dispatch.idleTimeoutMs !== null && dispatch.idleTimeoutMs < 1) return 'idleTimeoutMs is less than 1'
  if (dispatch.type === 'error' && dispatch.error === null) return 'error is missing on an error'
  return undefined
}

const idFields = [
  'dispatchId', 'workflowId', 'parentId', 'inReplyTo', 'source', 'sourceVersion', 'sourceInstance', 'target', 'capability', 'idempotencyKey'
] as const

/** Field by field: a list that is made for each dispatch took a third of a decision's time. */
function invalidId (dispatch: Dispatch): typeof idFields[number] | undefined {
  const isFine = isId(dispatch.dispatchId) && isId(dispatch.workflowId) && isId(dispatch.parentId) && isId(dispatch.inReplyTo) && isId(dispatch.source) &&
    isId(dispatch.sourceVersion) && isId(dispatch.sourceInstance) && isId(dispatch.target) && isId(dispatch.capability) && isId(dispatch.idempotencyKey)
  return isFine ? undefined : idFields.find(field => !isId(dispatch[field]))
}

const isId = (value: string | null): boolean => value === null || (value.length > 0 && value.length <= limits.idCharsMax)

/** Requests without a ttl get this one, so that each has an outcome. */
export const requestTtlMs = 30_000

export function deadlineOf (dispatch: Dispatch, appendedAtMs: number): number | null {
  if (dispatch.ttlMs !== null) return appendedAtMs + dispatch.ttlMs
  return dispatch.type === 'request' ? appendedAtMs + requestTtlMs : null
}

export function checkDeadline (dispatch: Dispatch, appendedAtMs: number, nowMs: number): Refusal | undefined {
  if (dispatch.ttlMs !== null && dispatch.ttlMs > limits.ttlMsMax) {
    return refusal('DEADLINE_TOO_FAR', `ttlMs ${dispatch.ttlMs} is more than ${limits.ttlMsMax}`)
  }
  // The broker's clock as known here may lag by a moment behind the append time.
  if (dispatch.ttlMs !== null && dispatch.ttlMs <= 0) return refusal('DEADLINE_PASSED', `ttlMs is ${dispatch.ttlMs}`)
  const deadlineAtMs = deadlineOf(dispatch, appendedAtMs)
  if (deadlineAtMs !== null && deadlineAtMs <= nowMs) return refusal('DEADLINE_PASSED', `the deadline passed ${nowMs - deadlineAtMs} ms ago`)
  return undefined
}
