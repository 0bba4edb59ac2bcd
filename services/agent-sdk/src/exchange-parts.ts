// What an exchange is asked for and told, and what it is made of.
import type { Codec, Delivery, Dispatch, Notice } from '@mesh/schemas'
import type { Logger } from 'pino'
import type { Carrier, Clock } from './carrier.ts'
import type { BrokerClock } from './core/broker-clock.ts'
import type { Asked, Identity } from './core/envelope.ts'
import type { Digest } from '@mesh/signing/chain'
import type { SlowDownSignal } from './slow-down.ts'

export interface Ask extends Asked {
  readonly workflowId?: string | undefined
  /** Aborted when the caller waits no longer. */
  readonly signal?: AbortSignal | undefined
}

export interface RawAnswer {
  readonly payload: Buffer
  readonly contentType: string
  readonly dispatchId: string
  readonly workflowId: string
  /** Null where nobody did: what the agent had registered as its fixed reply was given. */
  readonly answeredBy: string | null
  readonly answeredByVersion: string | null
  /** Given in place of the answer of an agent that is cut off. */
  readonly isFallback: boolean
}

/** An event that the mesh did not pass on. */
export interface Refused {
  readonly dispatchId: string
  readonly workflowId: string
  /** Undefined where the event was too long ago to be remembered. */
  readonly capability: string | undefined
  readonly code: string
  readonly message: string
  readonly retriable: boolean
  readonly retryAfterMs: number | undefined
}

/** What answered a call of an earlier run; `absent` where the topic holds none, undefined where that can't be told. */
export type Recovered = { readonly delivery: Delivery, readonly dispatch: Dispatch } | Notice | 'absent' | undefined

/** Finds what answered a call of an earlier run, sent no sooner than this broker time. */
export type Recover = (dispatchId: string, sinceMs: number) => Promise<Recovered>

export interface ExchangeParts {
  readonly identity: Identity
  readonly carrier: Carrier
  readonly codec: Codec
  readonly clock: Clock
  readonly brokerClock: BrokerClock
  readonly digest: Digest
  readonly randomBytes: () => Uint8Array
  readonly logger: Logger
  readonly onRefused: (refused: Refused) => void
  readonly onSlowDown: (signal: SlowDownSignal) => void
  readonly callsMax: number
  readonly recover: Recover | undefined
}
