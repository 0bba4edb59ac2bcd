// Which public keys speak for an agent, and until when.
//
// Invariants:
//   K1. An agent's first key comes with its registration; each further one by order of an operator, who is audited. So whoever
//       takes an agent's name can't take its voice.
//   K2. A key belongs to one agent for ever, and is never taken away: what it signed must stay checkable.
//   K3. A rotation ends the other keys' time, after an overlap, and never lengthens it. A revocation is for ever.

import type { AgentKey } from '@mesh/schemas'
import { bounds } from './field-rules.ts'
import { changed, decided, refused, type ChangeDecision } from './control-change.ts'
import type { Problem } from './codes.ts'
import type { RegistryState } from './state.ts'

/** A public key as it was offered. */
export interface OfferedKey {
  readonly keyId: string
  readonly publicKey: Buffer
  /** Whether it was shown that the private half is held. */
  readonly isPossessed: boolean
}

/** What a change says of a key. */
export interface KeyFacts {
  readonly keyId: string
  readonly notAfterMs: number
  readonly revokedAtMs: number | null
}

export type Keys = ReadonlyMap<string, AgentKey>

export type FirstKeyDecision = { readonly outcome: 'known' } | { readonly outcome: 'added', readonly key: AgentKey } | { readonly outcome: 'refused', readonly problem: Problem }

const dayMs = 24 * 60 * 60 * 1000
export const keyValidityMs = 365 * dayMs
export const overlapMsDefault = dayMs

const factsOf = ({ keyId, notAfterMs, revokedAtMs }: AgentKey): KeyFacts => ({ keyId, notAfterMs, revokedAtMs })
const entityOf = (agent: string, keyId: string): string => `key/${agent}/${keyId}`

/** Every key of an agent, or of all, the newest first. */
export const listKeys = (keys: Keys, agent?: string): AgentKey[] => [...keys.values()]
  .filter(key => agent === undefined || key.agent === agent)
  .sort((a, b) => a.agent < b.agent ? -1 : a.agent > b.agent ? 1 : b.notBeforeMs - a.notBeforeMs)

/** The key that a registration brings. */
export function decideFirstKey (agent: string, offered: OfferedKey, keys: Keys, by: string, nowMs: number): FirstKeyDecision {
  const problem = offerProblem(agent, offered, keys) ?? standingProblem(agent, keys.get(offered.keyId), keys, nowMs)
  if (problem !== undefined) return { outcome: 'refused', problem }
  if (keys.has(offered.keyId)) return { outcome: 'known' }
  return { outcome: 'added', key: newKey(agent, offered, by, nowMs) }
}

function standingProblem (agent: string, known: AgentKey | undefined, keys: Keys, nowMs: number): Problem | undefined {
  const field = 'key'
  if (known === undefined) {
    if (![...keys.values()].some(key => key.agent === agent)) return undefined
    return { code: 'KEY_NOT_REGISTERED', field, message: `${agent} signs with other keys; this one is not registered for it.` }
  }
  if (known.revokedAtMs !== null) return { code: 'KEY_REVOKED', field, message: `The key ${known.keyId} of ${agent} was revoked.` }
  return known.notAfterMs > nowMs ? undefined : { code: 'KEY_EXPIRED', field, message: `The key ${known.keyId} of ${agent} expired.` }
}

function offerProblem (agent: string, { keyId, isPossessed }: OfferedKey, keys: Keys): Problem | undefined {
  const field = 'key'
  if (!isPossessed) return { code: 'KEY_NOT_POSSESSED', field, message: `It is not shown that whoever registers ${agent} holds the private half of ${keyId}.` }
  const known = keys.get(keyId)
  if (known !== undefined && known.agent !== agent) return { code: 'KEY_NOT_REGISTERED', field, message: `The key ${keyId} belongs to ${known.agent}.` }
  if (known === undefined && keys.size >= bounds.keysMax) return { code: 'REGISTRY_FULL', field, message: `The registry holds ${bounds.keysMax} keys, which is its bound.` }
  return undefined
}

export interface Rotation {
  readonly decision: ChangeDecision<KeyFacts>
  /** The new one, then those whose time it ends. */
  readonly records: readonly AgentKey[]
}

/** A new key from now on; the others go on for the overlap. */
export function decideRotation (agent: string, offered: OfferedKey, overlapMs: number, keys: Keys, agents: RegistryState, by: string, nowMs: number): Rotation {
  if (!agents.currentByName.has(agent)) return { decision: refused('NOT_FOUND', `No agent ${agent} is registered.`), records: [] }
  const problem = offerProblem(agent, offered, keys)
  if (problem !== undefined) return { decision: refused(problem.code, problem.message), records: [] }
  const known = keys.get(offered.keyId)
  if (known !== undefined) {
    const { revokedAtMs } = known
    const decision = revokedAtMs === null ? decided(entityOf(agent, known.keyId), factsOf(known), factsOf(known)) : refused('KEY_REVOKED', `The key ${known.keyId} of ${agent} was revoked.`)
    return { decision, records: [] }
  }
  const key = newKey(agent, offered, by, nowMs)
  const endMs = nowMs + overlapMs
  const ending = listKeys(keys, agent)
    .filter(({ notAfterMs }) => notAfterMs > endMs)
    .map((other): AgentKey => ({ ...other, notAfterMs: endMs, changedBy: by, changedAtMs: nowMs }))
  return { decision: changed(entityOf(agent, key.keyId), null, factsOf(key)), records: [key, ...ending] }
}

export interface Revocation {
  readonly decision: ChangeDecision<KeyFacts>
  readonly record: AgentKey | undefined
}

export function decideRevocation (agent: string, keyId: string, keys: Keys, by: string, nowMs: number): Revocation {
  const known = keys.get(keyId)
  if (known === undefined || known.agent !== agent) return { decision: refused('NOT_FOUND', `${agent} has no key ${keyId}.`), record: undefined }
  if (known.revokedAtMs !== null) return { decision: decided(entityOf(agent, keyId), factsOf(known), factsOf(known)), record: undefined }
  const record = { ...known, revokedAtMs: nowMs, changedBy: by, changedAtMs: nowMs }
  return { decision: decided(entityOf(agent, keyId), factsOf(known), factsOf(record)), record }
}

const newKey = (agent: string, { keyId, publicKey }: OfferedKey, by: string, nowMs: number): AgentKey =>
  ({ keyId, agent, publicKey, notBeforeMs: nowMs, notAfterMs: nowMs + keyValidityMs, revokedAtMs: null, changedBy: by, changedAtMs: nowMs })
