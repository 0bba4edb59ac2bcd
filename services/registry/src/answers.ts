// What the registry's endpoints answer, as JSON.

import { z } from 'zod'
import { agentStatuses } from './core/agent-status.ts'
import { circuitOrders, deadLetterStates } from './core/change-states.ts'
import { registryCodes, type RegistryCode } from './core/codes.ts'
import type { OfferedCapability } from './core/lookup.ts'
import type { Registered } from './core/state.ts'

const codes = Object.keys(registryCodes) as [RegistryCode, ...RegistryCode[]]
const jsonSchema = z.record(z.string(), z.unknown())

export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  retriable: z.boolean(),
  detail: z.string(),
  problems: z.array(z.object({ code: z.enum(codes), field: z.string(), message: z.string() }))
})

export const refusals = { 400: problemAnswer, 409: problemAnswer, 413: problemAnswer, 415: problemAnswer, 500: problemAnswer, 503: problemAnswer }

export const registeredAnswer = z.object({
  agent: z.string(),
  version: z.string(),
  inboxPartitions: z.int(),
  answersPartitions: z.int(),
  controlOffset: z.int().describe('Offset of the registration in the registry topic.'),
  warnings: z.array(z.string()).readonly()
})

const chainLimits = z.object({ depthMax: z.int().nullable(), visitsMax: z.int().nullable(), workflowHopsMax: z.int().nullable() })
const retry = z.object({ attemptsMax: z.int(), backoffMs: z.int(), backoffMsMax: z.int(), codes: z.array(z.string()).readonly() })
const listedFallback = z.object({
  kind: z.enum(['capability', 'reply', 'error']), capability: z.string().nullable(), contentType: z.string(), code: z.string().nullable(), message: z.string().nullable()
})
const onFailure = { retry: retry.nullable(), idleTimeoutMs: z.int().nullable(), chainLimits: chainLimits.nullable() }

const agentFields = {
  name: z.string(),
  version: z.string(),
  domain: z.string(),
  ownerTeam: z.string(),
  role: z.string(),
  status: z.string(),
  dependencies: z.array(z.string()).readonly(),
  urgentCapabilities: z.array(z.string()).readonly(),
  maxConcurrent: z.int(),
  slaP95Ms: z.int(),
  latencyProfileMs: z.int().nullable(),
  costProfileMicros: z.int().nullable(),
  allowedModels: z.array(z.string()).readonly(),
  allowedTools: z.array(z.string()).readonly(),
  confidenceThreshold: z.number().nullable(),
  regions: z.array(z.string()).readonly(),
  fallback: z.string().nullable(),
  chainLimits: chainLimits.nullable(),
  inboxPartitions: z.int(),
  answersPartitions: z.int(),
  registeredAtMs: z.int(),
  controlOffset: z.int()
}

/** In lists: capabilities without their schemas and fixed answers, so that ten thousand agents stay readable. */
export const agentListAnswer = z.object({
  agents: z.array(z.object({
    ...agentFields,
    capabilities: z.array(z.object({ name: z.string(), contractHash: z.string(), ...onFailure, fallback: listedFallback.nullable() }))
  }))
})

export const agentAnswer = z.object({
  ...agentFields,
  capabilities: z.array(z.object({
    name: z.string(), contractHash: z.string(), inputSchema: jsonSchema, outputSchema: jsonSchema.nullable(),
    ...onFailure,
    fallback: listedFallback.extend({ payload: z.string().nullable().describe('The fixed answer in base64.') }).nullable()
  })),
  versions: z.array(z.string()).readonly().describe('All known versions, newest record first.')
})

export const capabilityListAnswer = z.object({
  capabilities: z.array(z.object({
    name: z.string(),
    contractHash: z.string(),
    inputSchema: jsonSchema,
    outputSchema: jsonSchema.nullable(),
    agents: z.array(z.object({ name: z.string(), version: z.string(), domain: z.string(), regions: z.array(z.string()).readonly(), status: z.string() }))
  }))
})

const quotaLimits = z.object({
  ratePerS: z.number(),
  burst: z.int(),
  outstandingMax: z.int().describe('Dispatches over the rate that may wait.')
})

export const quotaListAnswer = z.object({
  quotas: z.array(z.object({
    quotaId: z.string().describe('agent/<name> or role/<role>.'),
    ...quotaLimits.shape,
    from: z.enum(['built-in', 'record']).describe('built-in: nobody set it.'),
    changedBy: z.string().nullable(),
    changedAtMs: z.int().nullable()
  }))
})

const changeAnswer = <V extends z.ZodType>(value: V) => z.object({
  entity: z.string().describe('What was changed, as in the audit: quota/agent/<name>, quota/role/<role>, agent/<name>/status, circuit/<agent>, dead-letter/<partition>/<offset>, key/<agent>/<key id>.'),
  isChanged: z.boolean().describe('Whether it was not so before; if it was, nothing is written.'),
  before: value.nullable().describe('Null where it had nothing of its own.'),
  after: value.nullable(),
  changeId: z.string().nullable().describe('Of the audit record; null if nothing was written.'),
  warnings: z.array(z.string()).readonly()
})

export const quotaChangeAnswer = changeAnswer(quotaLimits)
export const statusChangeAnswer = changeAnswer(z.enum(agentStatuses))

export const circuitChangeAnswer = changeAnswer(z.enum(circuitOrders))
const hold = z.object({ fromMs: z.int(), toMs: z.int(), workflow: z.string().nullable(), agent: z.string().nullable() })
export const holdListAnswer = z.object({ holds: z.array(hold.extend({ holdId: z.string() })) })
export const holdChangeAnswer = changeAnswer(hold)
export const keyListAnswer = z.object({
  keys: z.array(z.object({
    keyId: z.string(), agent: z.string(), publicKey: z.string().describe('Ed25519, 32 bytes in base64url.'),
    notBeforeMs: z.int(), notAfterMs: z.int(), revokedAtMs: z.int().nullable(), changedBy: z.string(), changedAtMs: z.int()
  }))
})
export const keyChangeAnswer = changeAnswer(z.object({ keyId: z.string(), notAfterMs: z.int(), revokedAtMs: z.int().nullable() }))

const deadLetterOutcome = z.object({ state: z.enum(deadLetterStates), who: z.string() })
export const deadLetterChangeAnswer = changeAnswer(deadLetterOutcome)
export const redriveAnswer = deadLetterChangeAnswer.extend({
  redriven: z.object({
    dispatchId: z.string(), workflowId: z.string(),
    position: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }).describe('Where it lies now, to be decided about.')
  })
})

export const orderListAnswer = z.object({
  orders: z.array(z.object({ agent: z.string(), state: z.enum(circuitOrders), who: z.string(), why: z.string().nullable(), atMs: z.int() }))
})

export function agentItem ({ registration, offset }: Registered): z.output<typeof agentListAnswer>['agents'][number] {
  const capabilities = registration.capabilities.map(({ name, contractHash, retry, idleTimeoutMs, fallback, chainLimits }) =>
    ({ name, contractHash, retry, idleTimeoutMs, fallback, chainLimits }))
  return { ...registration, capabilities, controlOffset: offset }
}

export function agentDetail (known: Registered, versions: readonly Registered[]): z.output<typeof agentAnswer> {
  const capabilities = known.registration.capabilities.map(({ inputSchema, outputSchema, fallback, ...capability }) => ({
    ...capability,
    inputSchema: parseSchema(inputSchema) ?? {},
    outputSchema: parseSchema(outputSchema),
    fallback: fallback === null ? null : { ...fallback, payload: fallback.payload?.toString('base64') ?? null }
  }))
  return { ...known.registration, capabilities, controlOffset: known.offset, versions: versions.map(version => version.registration.version) }
}

export function capabilityItem (offered: OfferedCapability): z.output<typeof capabilityListAnswer>['capabilities'][number] {
  return {
    name: offered.name,
    contractHash: offered.contractHash,
    inputSchema: parseSchema(offered.inputSchema) ?? {},
    outputSchema: parseSchema(offered.outputSchema),
    agents: offered.agents.map(({ name, version, domain, regions, status }) => ({ name, version, domain, regions: [...regions], status }))
  }
}

function parseSchema (schema: string): Record<string, unknown> | null {
  return schema === '' ? null : JSON.parse(schema) as Record<string, unknown>
}
