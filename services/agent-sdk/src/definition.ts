// What an agent says of itself, and whether that holds together.
//
// Invariants:
//   D1. All problems are reported together, before anything is started.
//   D2. Numbers left out get defaults here, so the registration says what the instances do.
import { checkAgentName } from '@mesh/topics'
import type { z } from 'zod'
import { sdkCodes } from './codes.ts'
import { crashesMaxLeast } from './core/start-mark.ts'
import { MeshError } from './errors.ts'
import { type ChainLimitOptions, chainLimitProblems, type FailurePolicy, failurePolicyProblems } from './failure-policy.ts'

export type Role = 'bot' | 'orchestrator' | 'analytics' | 'crm_sync'

/** A capability's contract, and what is to happen when it fails. */
export interface Contract<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> extends FailurePolicy {
  /** What a request or event must carry. */
  readonly input: Input
  /** What the answer carries; left out for capabilities that are only sent events. */
  readonly output?: Output
}

export type Contracts = Readonly<Record<string, Contract>>

export interface AgentDefinition<C extends Contracts = Contracts> {
  /** 2–63 lower-case letters, digits and dashes; names the agent's topics. */
  readonly name: string
  /** Semantic version. */
  readonly version: string
  readonly domain: string
  /** Quota class. */
  readonly role: Role
  /** Team that answers for it. */
  readonly ownerTeam: string
  /** What it can be asked for, with the contracts. */
  readonly capabilities?: C
  /** Capabilities that it may call or send to; any other is refused by the mesh. */
  readonly dependencies?: readonly string[]
  /** Handlers at once, over all instances; 10. A handler that waits for a call counts. */
  readonly maxConcurrent?: number
  /** 95th percentile of handler time that it promises, milliseconds; 2,000. */
  readonly slaP95Ms?: number
  /** Typical handler time, milliseconds. */
  readonly latencyProfileMs?: number
  /** Typical cost of a call, millionths of the billing currency. */
  readonly costProfileMicros?: number
  readonly allowedModels?: readonly string[]
  readonly allowedTools?: readonly string[]
  /** Answers below this confidence go to the fallback, 0 to 1. */
  readonly confidenceThreshold?: number
  readonly regions?: readonly string[]
  /** Of its dependencies, those that it may ask for as P0 when it begins a workflow; only for agents that stand for a person who waits. */
  readonly urgentCapabilities?: readonly string[]
  /** Capability offered to callers while this agent is unavailable. */
  readonly fallback?: string
  /** Partitions of each inbox topic; fixed at first registration. */
  readonly inboxPartitions?: number
  /** Partitions of the answers topic; fixed at first registration. */
  readonly answersPartitions?: number
  /** Longest run of a handler, milliseconds; 300,000. Its signal is aborted then, or at the deadline if that is sooner. */
  readonly handlerMsMax?: number
  /** Bounds on chains of dispatches that end at this agent; left out: those of the mesh. */
  readonly chainLimits?: ChainLimitOptions
  /** Crashes of its process after which what a handler works on is set aside; 4, at least 3. It ran alone in the last two. */
  readonly crashesMax?: number
}

export const maxConcurrentDefault = 10
export const slaP95MsDefault = 2_000
export const handlerMsMaxDefault = 300_000

const counts = ['maxConcurrent', 'slaP95Ms', 'latencyProfileMs', 'costProfileMicros', 'inboxPartitions', 'answersPartitions', 'handlerMsMax', 'crashesMax'] as const
const leasts: Readonly<Record<string, number>> = { latencyProfileMs: 0, costProfileMicros: 0, crashesMax: crashesMaxLeast }

export function definitionProblems (definition: AgentDefinition): string[] {
  const problems: string[] = []
  const name = checkAgentName(definition.name)
  if (name !== undefined) problems.push(name)
  for (const field of ['version', 'domain', 'role', 'ownerTeam'] as const) {
    if (typeof definition[field] !== 'string' || definition[field] === '') problems.push(`${field} is missing`)
  }
  for (const field of counts) {
    const value = definition[field]
    const least = leasts[field] ?? 1
    if (value !== undefined && (!Number.isInteger(value) || value < least)) problems.push(`${field} ${value} is not a whole number from ${least}`)
  }
  for (const [capability, contract] of Object.entries(definition.capabilities ?? {})) {
    if (typeof contract?.input?.safeParse !== 'function') problems.push(`capability '${capability}' has no zod schema as input`)
    problems.push(...failurePolicyProblems(contract ?? {}, contract?.output).map(problem => `capability '${capability}': ${problem}`))
    if (definition.dependencies?.includes(capability) === true) problems.push(`capability '${capability}' is its own dependency`)
  }
  for (const capability of definition.urgentCapabilities ?? []) {
    if (definition.dependencies?.includes(capability) !== true) problems.push(`urgent capability '${capability}' is not among its dependencies`)
  }
  return [...problems, ...chainLimitProblems(definition.chainLimits)]
}

export function checkDefinition (definition: AgentDefinition): void {
  const problems = definitionProblems(definition)
  if (problems.length === 0) return
  throw new MeshError('DEFINITION_INVALID', `agent '${definition.name}': ${problems.join('; ')}`, sdkCodes.DEFINITION_INVALID)
}
