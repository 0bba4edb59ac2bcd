import type { ReasonCode } from '@mesh/schemas'
import { CodedError } from '@mesh/runtime'
import type { SdkCode } from './codes.ts'

/** A code of the mesh, of the SDK, or one that the other agent's handler chose. */
export type MeshErrorCode = ReasonCode | SdkCode | (string & {})

export interface MeshErrorFacts {
  readonly retriable: boolean
  readonly dispatchId?: string | undefined
  readonly capability?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * Why a call or a send did not succeed. `retriable` says whether the same again may succeed, `retryAfterMs` (milliseconds,
 * where known) when; a call with code `TIMEOUT` may still have been handled.
 *
 * @example
 * try { await mesh.call('memory_lookup', { leadId }) } catch (error) {
 *   if (error instanceof MeshError && error.code === 'TIMEOUT') return withoutMemory()
 *   throw error
 * }
 */
export class MeshError extends CodedError<MeshErrorCode> {
  /** Dispatch that failed; undefined where none was made. */
  readonly dispatchId: string | undefined
  readonly capability: string | undefined
  readonly retryAfterMs: number | undefined

  constructor (code: MeshErrorCode, message: string, facts: MeshErrorFacts) {
    super(code, message, { retriable: facts.retriable, cause: facts.cause })
    named(this, 'MeshError')
    this.dispatchId = facts.dispatchId
    this.capability = facts.capability
    this.retryAfterMs = facts.retryAfterMs
  }
}

/**
 * Thrown by a handler to answer with a code of its own. Code and message travel to the caller and into logs, so they
 * must not repeat the payload; `retriable` (default false) tells the caller whether to ask again.
 *
 * @example
 * throw new AgentError('LEAD_UNKNOWN', 'no lead with this id', { retriable: false })
 */
export class AgentError extends CodedError<string> {
  constructor (code: string, message: string, options: { readonly retriable?: boolean, readonly cause?: unknown } = {}) {
    super(code, message, { retriable: options.retriable ?? false, cause: options.cause })
    named(this, 'AgentError')
  }
}

function named (error: Error, name: string): void { Object.defineProperty(error, 'name', { value: name }) }
