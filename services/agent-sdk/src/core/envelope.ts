// Builds the dispatches that an agent sends: what it takes from the one being handled, and what it may not.
//
// Invariants:
//   E1. Workflow, chain and priority come from the dispatch being handled; priority may be lowered, never raised. It is the
//       class in which the mesh let it through, which may be lower than the one that was claimed.
//   E2. A request always has a time to live, and none outlives the dispatch being handled.
//   E3. An answer repeats the workflow, class and capability of its request and has no time to live of its own.
//   E4. What is said about a request meanwhile (progress, cancel) is written where the request is: same workflow and class.
//   E5. A refusal is a value: the caller decides how to tell.
import type { Dispatch, ErrorDetail } from '@mesh/schemas'
import { limits } from '@mesh/topics'

/** Who sends. */
export interface Identity {
  readonly name: string
  readonly version: string
  readonly instance: string
  /** Partition of the answers topic that this instance reads. */
  readonly replyPartition: number
}

/** The dispatch being handled, when there is one. */
export interface Parent {
  readonly dispatch: Dispatch
  /** Class in which it was delivered. */
  readonly priority: Priority
  /** Broker time after which an answer is late; null for none. */
  readonly deadlineAtMs: number | null
}

export type Priority = 0 | 1 | 2 | 3

export interface Asked {
  readonly capability: string
  readonly payload: Buffer
  readonly priority?: Priority | undefined
  readonly ttlMs?: number | undefined
  readonly target?: string | undefined
  /** Expiry from delivery or the last progress, within the deadline. */
  readonly idleTimeoutMs?: number | undefined
  readonly idempotencyKey?: string | undefined
}

/** What the shell knows at the moment of sending. */
export interface Moment {
  readonly dispatchId: string
  /** Used where there is no parent to take it from. */
  readonly workflowId: string
  /** What the id was derived with; empty at a root. */
  readonly link?: string
  /** By this process's clock. */
  readonly nowMs: number
  /** No later than the broker's clock. */
  readonly brokerNowMs: number
}

export type EnvelopeProblem = 'PRIORITY_RAISED' | 'DEADLINE_PASSED' | 'DEADLINE_TOO_FAR' | 'CHAIN_TOO_LONG' | 'INVALID_FIELD'
export type Envelope = { readonly dispatch: Dispatch } | { readonly problem: EnvelopeProblem, readonly message: string }

export const requestTtlMsDefault = 30_000
export const rootPriorityDefault: Priority = 2

export function requestOf (asked: Asked, identity: Identity, parent: Parent | null, moment: Moment): Envelope {
  return outgoing('request', { ...asked, ttlMs: asked.ttlMs ?? requestTtlMsDefault }, identity, parent, moment)
}

export function eventOf (asked: Asked, identity: Identity, parent: Parent | null, moment: Moment): Envelope {
  return outgoing('event', asked, identity, parent, moment)
}

function outgoing (type: 'request' | 'event', asked: Asked, identity: Identity, parent: Parent | null, moment: Moment): Envelope {
  const priority = asked.priority ?? parent?.priority ?? rootPriorityDefault
  const workflowId = parent?.dispatch.workflowId ?? moment.workflowId
  const invalid = invalidField(asked, priority, workflowId)
  if (invalid !== undefined) return problem('INVALID_FIELD', invalid)
  if (parent !== null && priority < parent.priority) {
    return problem('PRIORITY_RAISED', `a dispatch of priority ${parent.priority} can't send one of priority ${priority}: it may only be lowered (a higher number)`)
  }
  const chain = chainAfter(parent)
  // One hop is left for the answer.
  if (chain.length >= limits.chainHopsMax) return problem('CHAIN_TOO_LONG', `the chain has ${chain.length} hops; do agents call each other in a circle?`)
  let ttlMs = asked.ttlMs ?? null
  const deadlineAtMs = parent?.deadlineAtMs ?? null
  if (ttlMs !== null && deadlineAtMs !== null) ttlMs = Math.min(ttlMs, Math.floor(deadlineAtMs - moment.brokerNowMs))
  if (ttlMs !== null && ttlMs <= 0) return problem('DEADLINE_PASSED', 'the deadline of the dispatch being handled is over')
  if (ttlMs !== null && ttlMs > limits.ttlMsMax) return problem('DEADLINE_TOO_FAR', `ttlMs ${ttlMs} is more than ${limits.ttlMsMax}`)
  return {
    dispatch: {
      ...blank(identity, moment),
      workflowId, parentId: parent?.dispatch.dispatchId ?? null, chain, type, priority, ttlMs,
      target: asked.target ?? null, capability: asked.capability, replyPartition: identity.replyPartition, payload: asked.payload,
      idleTimeoutMs: asked.idleTimeoutMs ?? null, idempotencyKey: asked.idempotencyKey ?? null
    }
  }
}

function invalidField (asked: Asked, priority: number, workflowId: string): string | undefined {
  for (const [field, value] of Object.entries({ capability: asked.capability, target: asked.target, workflowId, idempotencyKey: asked.idempotencyKey })) {
    if (value === '') return `${field} is empty`
    if (value !== undefined && value.length > limits.idCharsMax) return `${field} is longer than ${limits.idCharsMax} characters`
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > 3) return `priority ${priority} is not 0 to 3`
  if (asked.ttlMs !== undefined && (!Number.isFinite(asked.ttlMs) || asked.ttlMs <= 0)) return `ttlMs ${asked.ttlMs} is not a positive number`
  const { idleTimeoutMs } = asked
  if (idleTimeoutMs !== undefined && (!Number.isInteger(idleTimeoutMs) || idleTimeoutMs <= 0)) return `idleTimeoutMs ${idleTimeoutMs} is not a whole number from 1`
  return undefined
}

export type Answer = { readonly payload: Buffer } | { readonly error: ErrorDetail }

export interface AnswerMoment extends Omit<Moment, 'workflowId'> {
  /** How long the handler ran; null where it didn't. */
  readonly handlerMs: number | null
}

/** The one answer to the request being handled; `moment.dispatchId` is the answer's own id. */
export function answerOf (answer: Answer, parent: Parent, identity: Identity, moment: AnswerMoment): Dispatch {
  const failed = 'error' in answer
  return {
    ...about(parent, identity, moment), type: failed ? 'error' : 'response', handlerMs: moment.handlerMs,
    error: failed ? answer.error : null, payload: failed ? Buffer.alloc(0) : answer.payload
  }
}

/** Sends a dispatch back that can't be handled: the mesh keeps it, as it came, for an operator. */
export function givenUpOf (error: ErrorDetail, signedDispatch: Buffer, parent: Parent, identity: Identity, moment: AnswerMoment): Dispatch {
  return { ...answerOf({ error }, parent, identity, moment), contentType: signedDispatchContentType, payload: signedDispatch }
}

export const signedDispatchContentType = 'application/vnd.mesh.signed-dispatch'

/** Says that the handler of a request is alive. */
export const progressOf = (parent: Parent, identity: Identity, moment: Omit<Moment, 'workflowId'>): Dispatch =>
  ({ ...about(parent, identity, moment), type: 'progress', payload: Buffer.alloc(0) })

/** Says that nobody waits for the answer of this request any more. */
export function cancelOf (request: Dispatch, identity: Identity, moment: Omit<Moment, 'workflowId'>): Dispatch {
  const { dispatchId, workflowId, chain, capability, priority } = request
  return {
    ...blank(identity, moment), type: 'cancel', workflowId, parentId: request.parentId, inReplyTo: dispatchId, chain, capability, priority,
    replyPartition: identity.replyPartition, payload: Buffer.alloc(0)
  }
}

/** What answers and progress have in common. */
function about (parent: Parent, identity: Identity, moment: Omit<Moment, 'workflowId'>) {
  const { dispatch: { dispatchId, workflowId, capability }, priority } = parent
  return {
    ...blank(identity, moment), workflowId, parentId: dispatchId, inReplyTo: dispatchId, capability, priority, replyPartition: identity.replyPartition,
    // A client that filled the chain to its end still gets its answer.
    chain: chainAfter(parent).slice(-limits.chainHopsMax)
  }
}

const chainAfter = (parent: Parent | null): Dispatch['chain'] => parent === null
  ? []
  : [...parent.dispatch.chain, { agent: parent.dispatch.source, dispatchId: parent.dispatch.dispatchId, link: parent.dispatch.link }]

function blank (identity: Identity, moment: Omit<Moment, 'workflowId'>) {
  return {
    dispatchId: moment.dispatchId, link: moment.link ?? '', inReplyTo: null, source: identity.name, sourceVersion: identity.version, sourceInstance: identity.instance,
    target: null, issuedAtMs: moment.nowMs, ttlMs: null, idempotencyKey: null,
    idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null, error: null,
    contentType: 'application/json'
  }
}

const problem = (code: EnvelopeProblem, message: string): Envelope => ({ problem: code, message })
