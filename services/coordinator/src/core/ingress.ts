// What the decode step made of one record, before any rule has looked at it.
import type { Dispatch, Position, ReasonCode } from '@mesh/schemas'

export interface IngressFacts {
  readonly position: Position
  /** Priority of the topic that the record lay on. */
  readonly lane: number
  readonly appendedAtMs: number
  /** Record key as text, or null where there was none. */
  readonly key: string | null
}

export interface ReadableIngress {
  readonly kind: 'readable'
  readonly facts: IngressFacts
  readonly dispatch: Dispatch
  /** HMAC of the payload, so that two payloads can be compared without being kept. */
  readonly payloadHash: string
  /** HMAC of source, capability and idempotency key; null where it has none. */
  readonly idempotencyKey: string | null
  /** Why it isn't shown that its source wrote it; undefined where it is. */
  readonly unproven?: Refusal | undefined
  /** Set where the chain is to be held against what the task knows of its parent. */
  readonly isChecked: boolean
  /** Set where an operator sends a dead letter again. */
  readonly isRedriven: boolean
}

export interface UnreadableIngress {
  readonly kind: 'unreadable'
  readonly facts: IngressFacts
  readonly code: ReasonCode
  /** What is wrong with the record; never its content. */
  readonly message: string
}

export type Ingress = ReadableIngress | UnreadableIngress

/** A refusal found by a rule; a value, because it is expected. */
export interface Refusal {
  readonly code: ReasonCode
  readonly message: string
  /** When sending again may help; left out where unknown. */
  readonly retryAfterMs?: number
}
