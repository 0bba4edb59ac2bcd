// Asks the registry over HTTP.
//
// Invariants:
//   R1. A refusal is told with the registry's own code and words; what isn't an answer of a registry is said to be none.
import type { ShownKey } from '@mesh/signing'
import { z } from 'zod'
import type { ListedAgent } from './core/agent-rows.ts'
import type { ListedKey } from './core/key-rows.ts'
import type { ListedQuota } from './core/quota-rows.ts'
import { CliError } from './errors.ts'

// Longer than the registry itself waits for the broker (10 s), so that its own answer is told.
const answerMsMax = 15_000

const listAnswer = z.object({
  agents: z.array(z.looseObject({
    name: z.string(), version: z.string(), domain: z.string(), ownerTeam: z.string(), role: z.string(), status: z.string(),
    capabilities: z.array(z.looseObject({ name: z.string() }))
  }))
})

const limits = z.object({ ratePerS: z.number(), burst: z.number(), outstandingMax: z.number() })
const quotasAnswer = z.object({
  quotas: z.array(z.object({ quotaId: z.string(), ...limits.shape, from: z.string(), changedBy: z.string().nullable(), changedAtMs: z.number().nullable() }))
})
const changeAnswer = <V extends z.ZodType>(value: V) => z.object({
  entity: z.string(), isChanged: z.boolean(), before: value.nullable(), after: value.nullable(), changeId: z.string().nullable(), warnings: z.array(z.string())
})
const keyFacts = z.object({ keyId: z.string(), notAfterMs: z.number(), revokedAtMs: z.number().nullable() })
const keysAnswer = z.object({
  keys: z.array(z.object({ ...keyFacts.shape, agent: z.string(), notBeforeMs: z.number(), changedBy: z.string() }))
})
const holdFacts = z.object({ fromMs: z.number(), toMs: z.number(), workflow: z.string().nullable(), agent: z.string().nullable() })
const deadLetterOutcome = z.object({ state: z.string(), who: z.string() })
const redriveAnswer = changeAnswer(deadLetterOutcome).extend({
  redriven: z.object({ dispatchId: z.string(), workflowId: z.string(), position: z.object({ topic: z.string(), partition: z.number(), offset: z.number() }) })
})
const problemAnswer = z.looseObject({ code: z.string(), detail: z.string() })

export interface Change<V> {
  readonly entity: string
  readonly isChanged: boolean
  readonly before: V | null
  readonly after: V | null
  readonly changeId: string | null
  readonly warnings: readonly string[]
}

export interface Asker { readonly who: string, readonly why: string | null }
export type DeadLetterOutcome = z.output<typeof deadLetterOutcome>
export type KeyFacts = z.output<typeof keyFacts>
export type RedriveAnswer = z.output<typeof redriveAnswer>
export type HoldFacts = z.output<typeof holdFacts>
export type Limits = z.output<typeof limits>
export interface NewQuota { readonly ratePerS: number, readonly burst?: number | undefined, readonly outstandingMax?: number | undefined }

export async function listAgents (registryUrl: string): Promise<ListedAgent[]> {
  return (await ask({ registryUrl, path: '/agents', schema: listAnswer })).agents
}

export async function listQuotas (registryUrl: string): Promise<ListedQuota[]> {
  return (await ask({ registryUrl, path: '/quotas', schema: quotasAnswer })).quotas
}

/** `quotaId` is agent/NAME or role/ROLE. */
export function setQuota (registryUrl: string, quotaId: string, quota: NewQuota, asker: Asker): Promise<Change<Limits>> {
  return ask({ registryUrl, path: `/quotas/${pathOf(quotaId)}`, method: 'PUT', body: { ...quota, ...asker }, schema: changeAnswer(limits) })
}

export function unsetQuota (registryUrl: string, quotaId: string, asker: Asker): Promise<Change<Limits>> {
  return ask({ registryUrl, path: `/quotas/${pathOf(quotaId)}`, method: 'DELETE', body: asker, schema: changeAnswer(limits) })
}

export function setStatus (registryUrl: string, agent: string, status: string, asker: Asker): Promise<Change<string>> {
  return ask({ registryUrl, path: `/agents/${encodeURIComponent(agent)}/status`, method: 'PUT', body: { status, ...asker }, schema: changeAnswer(z.string()) })
}

/** Null leaves it to the measuring. */
export function setCircuit (registryUrl: string, agent: string, state: 'open' | 'closed' | null, asker: Asker): Promise<Change<string>> {
  return ask({ registryUrl, path: `/circuits/${encodeURIComponent(agent)}`, method: 'PUT', body: { state, ...asker }, schema: changeAnswer(z.string()) })
}

export async function listKeys (registryUrl: string, agent: string | undefined): Promise<ListedKey[]> {
  return (await ask({ registryUrl, path: agent === undefined ? '/keys' : `/keys?agent=${encodeURIComponent(agent)}`, schema: keysAnswer })).keys
}

export function rotateKey (registryUrl: string, agent: string, key: ShownKey, overlapMs: number, asker: Asker): Promise<Change<KeyFacts>> {
  return ask({ registryUrl, path: `/agents/${encodeURIComponent(agent)}/keys`, method: 'POST', body: { key, overlapMs, ...asker }, schema: changeAnswer(keyFacts) })
}

export function revokeKey (registryUrl: string, agent: string, keyId: string, asker: Asker): Promise<Change<KeyFacts>> {
  return ask({ registryUrl, path: `/agents/${encodeURIComponent(agent)}/keys/${encodeURIComponent(keyId)}/revocation`, method: 'PUT', body: asker, schema: changeAnswer(keyFacts) })
}

export function setHold (registryUrl: string, holdId: string, hold: HoldFacts, asker: Asker): Promise<Change<HoldFacts>> {
  return ask({ registryUrl, path: `/holds/${encodeURIComponent(holdId)}`, method: 'PUT', body: { ...hold, ...asker }, schema: changeAnswer(holdFacts) })
}

export function releaseHold (registryUrl: string, holdId: string, asker: Asker): Promise<Change<HoldFacts>> {
  return ask({ registryUrl, path: `/holds/${encodeURIComponent(holdId)}`, method: 'DELETE', body: asker, schema: changeAnswer(holdFacts) })
}

/** `place` is PARTITION/OFFSET. */
export function redriveDeadLetter (registryUrl: string, place: string, asker: Asker & { readonly again: boolean }): Promise<RedriveAnswer> {
  return ask({ registryUrl, path: `/dead-letters/${place}/redrive`, method: 'POST', body: asker, schema: redriveAnswer })
}

export function discardDeadLetter (registryUrl: string, place: string, asker: Asker): Promise<Change<DeadLetterOutcome>> {
  return ask({ registryUrl, path: `/dead-letters/${place}/discard`, method: 'POST', body: asker, schema: changeAnswer(deadLetterOutcome) })
}

const pathOf = (quotaId: string): string => quotaId.split('/').map(encodeURIComponent).join('/')

interface Question<S extends z.ZodType> {
  readonly registryUrl: string
  readonly path: string
  readonly schema: S
  readonly method?: string
  readonly body?: unknown
}

async function ask<S extends z.ZodType> ({ registryUrl, path, schema, method = 'GET', body }: Question<S>): Promise<z.output<S>> {
  const url = new URL(path, registryUrl)
  const content = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  let answer: unknown
  let status = 0
  try {
    const response = await fetch(url, { method, ...content, signal: AbortSignal.timeout(answerMsMax) })
    status = response.status
    answer = await response.json()
  } catch (error) {
    throw new CliError('REGISTRY_UNREACHABLE', `The registry does not answer at ${url.origin}: ${reasonOf(error)}.`, { cause: error })
  }
  const parsed = schema.safeParse(answer)
  if (status < 300 && parsed.success) return parsed.data
  const problem = problemAnswer.safeParse(answer)
  // Only one that takes changes refuses them; a registry of an earlier version has no such page.
  if (problem.success && method !== 'GET') throw new CliError('CHANGE_REFUSED', problem.data.detail, { shownCode: problem.data.code })
  throw new CliError('REGISTRY_UNREACHABLE', `What answers at ${url.origin} is not the registry of a mesh (${status}).`, { cause: parsed.error })
}

function reasonOf (error: unknown): string {
  const { cause, message } = error as Error
  const deeper = cause as (NodeJS.ErrnoException & { errors?: Error[] }) | undefined
  return deeper?.code ?? deeper?.message ?? message
}
