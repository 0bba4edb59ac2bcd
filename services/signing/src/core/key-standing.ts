// Whether a key may speak for an agent.
//
// Invariants:
//   K1. A key belongs to one agent for ever; its id is derived from the public key.
//   K2. A revoked key speaks for nobody, whenever it signed: whoever has it can date back what it signs.
//   K3. A key that isn't valid yet, or no longer, is judged by the broker's time of the append, which the signer doesn't set.
import type { AgentKey as PublishedKey } from '@mesh/schemas'

/** What is looked at of a key that the control plane has published. */
export type AgentKey = Omit<PublishedKey, 'changedBy' | 'changedAtMs'>

export const signatureCodes = ['UNSIGNED', 'KEY_UNKNOWN', 'KEY_NOT_OF_SOURCE', 'KEY_EXPIRED', 'KEY_REVOKED', 'SIGNATURE_INVALID'] as const
export type SignatureCode = typeof signatureCodes[number]

export interface SignatureProblem {
  readonly code: SignatureCode
  readonly message: string
}

/** How far a key's first moment may lie ahead: the registry's clock and the broker's are two. */
export const clockToleranceMs = 5 * 60_000

export function keyProblem (key: AgentKey, agent: string, atMs: number): SignatureProblem | undefined {
  const { keyId, notBeforeMs, notAfterMs, revokedAtMs } = key
  if (key.agent !== agent) return { code: 'KEY_NOT_OF_SOURCE', message: `the key ${keyId} is not one of '${agent}'` }
  if (revokedAtMs !== null) return { code: 'KEY_REVOKED', message: `the key ${keyId} was revoked` }
  if (atMs < notBeforeMs - clockToleranceMs) return { code: 'KEY_EXPIRED', message: `the key ${keyId} is not valid for another ${notBeforeMs - atMs} ms` }
  if (atMs >= notAfterMs) return { code: 'KEY_EXPIRED', message: `the key ${keyId} expired ${atMs - notAfterMs} ms before` }
  return undefined
}
