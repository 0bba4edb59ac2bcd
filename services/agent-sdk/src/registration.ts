// Tells the registry what the agent is, and learns how its topics are cut.
//
// Invariants:
//   G1. A registry that is away or busy is asked again with growing pauses, at most `waitMs`; then the error says what to do.
//   G2. A refusal is final, and says why in the registry's words.
import { shownKey, type SigningKey } from '@mesh/signing'
import { sdkCodes } from './codes.ts'
import { type AgentDefinition, maxConcurrentDefault, slaP95MsDefault } from './definition.ts'
import { MeshError } from './errors.ts'
import { fallbackOf, retryPolicyOf } from './failure-policy.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { z } from 'zod'

export const registrationWaitMs = 30_000
const firstPauseMs = 100
const pauseMsMax = 2_000
// Creating an agent's topics takes the registry a while.
const attemptMs = 15_000

const registered = z.object({
  inboxPartitions: z.int().min(1), answersPartitions: z.int().min(1), controlOffset: z.int().default(-1), warnings: z.array(z.string()).default([])
})
export type Registered = z.output<typeof registered>

const problemBody = z.object({
  code: z.string().optional(), detail: z.string().optional(), title: z.string().optional(),
  problems: z.array(z.object({ field: z.string().optional(), message: z.string() })).default([])
})

export interface RegistrationTarget {
  readonly registryUrl: string
  readonly logger: Logger
  readonly waitMs?: number
  /** To be known as the agent's; left out where nothing is signed. */
  readonly key?: SigningKey | undefined
}

export async function register (definition: AgentDefinition, target: RegistrationTarget): Promise<Registered> {
  const { registryUrl, logger, waitMs = registrationWaitMs, key } = target
  const url = `${registryUrl.replace(/\/+$/, '')}/agents`
  const body = JSON.stringify({ ...registrationOf(definition), ...key === undefined ? {} : { key: shownKey(key, definition.name) } })
  const overAtMs = performance.now() + waitMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    const leftMs = overAtMs - performance.now()
    const attempt = await tryOnce(url, body, definition.name, Math.max(1, Math.ceil(Math.min(attemptMs, leftMs))))
    if ('registered' in attempt) {
      for (const warning of attempt.registered.warnings) logger.warn({ agent: definition.name }, `registry: ${warning}`)
      return attempt.registered
    }
    if (overAtMs - performance.now() <= pauseMs) {
      throw new MeshError('REGISTRY_UNREACHABLE',
        `agent '${definition.name}' could not register at ${url} within ${waitMs / 1000} s (${attempt.problem}). Start the mesh with \`npm start\`, or set MESH_REGISTRY_URL to a registry that runs.`,
        sdkCodes.REGISTRY_UNREACHABLE)
    }
    logger.info({ agent: definition.name, problem: attempt.problem, pauseMs }, 'waiting for the registry')
    await pause(pauseMs)
  }
}

async function tryOnce (url: string, body: string, name: string, timeoutMs: number): Promise<{ registered: Registered } | { problem: string }> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(timeoutMs) })
    text = await response.text()
  } catch (error) {
    return { problem: causeSaid(error) }
  }
  if (response.ok) {
    const parsed = registered.safeParse(parse(text))
    return parsed.success ? { registered: parsed.data } : { problem: 'its answer is not that of a registry' }
  }
  const problem = problemSaid(text) ?? `HTTP ${response.status}`
  if (response.status >= 500 || response.status === 429 || response.status === 408) return { problem }
  throw new MeshError('REGISTRATION_REFUSED', `the registry refused agent '${name}': ${problem}`, sdkCodes.REGISTRATION_REFUSED)
}

function problemSaid (text: string): string | undefined {
  const parsed = problemBody.safeParse(parse(text))
  if (!parsed.success) return undefined
  const { code, detail, title, problems } = parsed.data
  const list = problems.map(({ field, message }) => field === undefined || field === '' ? message : `${field}: ${message}`)
  return [code, detail ?? title, ...list].filter(part => part !== undefined && part !== '').join('; ')
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function causeSaid (error: unknown): string {
  const cause = (error as { cause?: { code?: string, message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}

/** The registration request as JSON. */
export function registrationOf (definition: AgentDefinition): Record<string, unknown> {
  const { capabilities, ...facts } = definition
  return {
    ...facts,
    // These concern this process alone.
    handlerMsMax: undefined,
    crashesMax: undefined,
    maxConcurrent: definition.maxConcurrent ?? maxConcurrentDefault,
    slaP95Ms: definition.slaP95Ms ?? slaP95MsDefault,
    capabilities: Object.entries(capabilities ?? {}).map(([name, contract]) => ({
      name, inputSchema: contractOf(contract.input, 'input'), outputSchema: contract.output === undefined ? null : contractOf(contract.output, 'output'),
      retry: retryPolicyOf(contract), idleTimeoutMs: contract.idleTimeoutMs, fallback: fallbackOf(contract, contract.output), chainLimits: contract.chainLimits
    }))
  }
}

// What JSON Schema can't say (a refinement, a transform) is left to the handler's side.
const contractOf = (schema: z.ZodType, io: 'input' | 'output'): unknown => z.toJSONSchema(schema, { io, unrepresentable: 'any' })
