// What an agent says of failure: attempts, idle time-out, what callers get while it is cut off, bounds on chains.
//
// Invariants:
//   F1. A fixed reply is checked against the capability's own output, and has its transforms behind it, before the agent exists.
//   F2. Numbers left out get defaults here, so that the registry and the instances (which retry events) use the same.
import type { RetryPolicy } from '@mesh/schemas'
import { z } from 'zod'
import { toPayload } from './payload.ts'

export interface RetryOptions {
  /** Runs altogether, the first included. */
  readonly attemptsMax: number
  /** Wait before the second attempt, doubled for each further one, with jitter, milliseconds; 100. */
  readonly backoffMs?: number
  /** Longest wait between two attempts, milliseconds; 10,000. */
  readonly backoffMsMax?: number
  /** Error codes that are tried again; left out: every error that says it is retriable. */
  readonly codes?: readonly string[]
}

/** What callers get at once while the agent is cut off. */
export type FallbackOptions =
  | { /** Asked in its place, with the same input. */ readonly capability: string }
  | { /** A fixed answer. */ readonly reply: unknown }
  | { /** A fixed error. */ readonly error: { readonly code: string, readonly message: string } }

export interface ChainLimitOptions {
  /** Dispatches from the root to this one, at most. */
  readonly depthMax?: number
  /** Times that one agent may be asked for one capability in a chain. */
  readonly visitsMax?: number
  /** Dispatches of a workflow within the duplicate window of the mesh (two minutes). */
  readonly workflowHopsMax?: number
}

export interface FailurePolicy {
  /** A failed request is handed over again by the mesh, a failed event by the instance; left out: not at all. */
  readonly retry?: RetryOptions
  /** A request expires when nothing was heard of its handler for so long (`mesh.progress()`), milliseconds; left out: at its deadline only. */
  readonly idleTimeoutMs?: number
  /** What callers get at once while the agent is cut off; left out: what the agent says, else CIRCUIT_OPEN. */
  readonly fallback?: FallbackOptions
  /** Go before those of the agent. */
  readonly chainLimits?: ChainLimitOptions
}

const backoffMsDefault = 100
const backoffMsMaxDefault = 10_000

export function retryPolicyOf ({ retry }: FailurePolicy): RetryPolicy | undefined {
  if (retry === undefined) return undefined
  const { attemptsMax, backoffMs = backoffMsDefault, backoffMsMax = Math.max(backoffMs, backoffMsMaxDefault), codes = [] } = retry
  return { attemptsMax, backoffMs, backoffMsMax, codes: [...codes] }
}

/** The fallback as it is registered; `output` is that of the capability. */
export function fallbackOf ({ fallback }: FailurePolicy, output: z.ZodType | undefined): Record<string, string> | undefined {
  if (fallback === undefined) return undefined
  if ('capability' in fallback) return { kind: 'capability', capability: fallback.capability }
  if ('error' in fallback) return { kind: 'error', code: fallback.error.code, message: fallback.error.message }
  const reply = output === undefined ? fallback.reply : output.parse(fallback.reply)
  return { kind: 'reply', contentType: 'application/json', payload: toPayload(reply, 'fallback').toString('base64') }
}

const kinds = ['capability', 'reply', 'error'] as const

/** Problems, each with the field that it concerns first. */
export function failurePolicyProblems (policy: FailurePolicy, output: z.ZodType | undefined): string[] {
  const { retry, idleTimeoutMs, chainLimits } = policy
  const { attemptsMax, backoffMs, backoffMsMax } = retry ?? {}
  const problems = wholeNumberProblems({ idleTimeoutMs, 'retry.attemptsMax': attemptsMax, 'retry.backoffMs': backoffMs, 'retry.backoffMsMax': backoffMsMax })
  if (retry !== undefined && attemptsMax === undefined) problems.push('retry.attemptsMax is missing')
  if (backoffMsMax !== undefined && backoffMsMax < (backoffMs ?? backoffMsDefault)) problems.push('retry.backoffMsMax is less than backoffMs')
  return [...problems, ...chainLimitProblems(chainLimits), ...fallbackProblems(policy, output)]
}

export function chainLimitProblems (limits: ChainLimitOptions | undefined): string[] {
  return wholeNumberProblems(Object.fromEntries(Object.entries(limits ?? {}).map(([name, value]) => [`chainLimits.${name}`, value])))
}

function fallbackProblems ({ fallback }: FailurePolicy, output: z.ZodType | undefined): string[] {
  if (fallback === undefined) return []
  if (kinds.filter(kind => kind in fallback).length !== 1) return ['fallback is not one of { capability }, { reply } and { error }']
  if ('capability' in fallback) return fallback.capability === '' ? ['fallback.capability is empty'] : []
  if ('error' in fallback) return fallback.error?.code && fallback.error.message ? [] : ['fallback.error needs a code and a message']
  if (output === undefined) return ['fallback.reply needs an output to be checked against']
  return replyProblems(fallback.reply, output)
}

function replyProblems (reply: unknown, output: z.ZodType): string[] {
  try {
    const parsed = output.safeParse(reply)
    // Paths and kinds only: the reply may hold what belongs in no log.
    if (!parsed.success) return [`fallback.reply does not fit the output: ${parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'the whole'}: ${code}`).join(', ')}`]
    toPayload(parsed.data, 'fallback')
    return []
  } catch (error) {
    return [error instanceof z.core.$ZodAsyncError ? 'fallback.reply can\'t be checked: the output is checked asynchronously' : 'fallback.reply can\'t be written as JSON']
  }
}

function wholeNumberProblems (fields: Readonly<Record<string, number | undefined>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) => value === undefined || (Number.isInteger(value) && value >= 1) ? [] : [`${name} ${value} is not a whole number from 1`])
}
