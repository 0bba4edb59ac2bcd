// What the registry's endpoints answer, as JSON.

import { z } from 'zod'
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

export const registeredAnswer = z.object({
  agent: z.string(),
  version: z.string(),
  inboxPartitions: z.int(),
  answersPartitions: z.int(),
  controlOffset: z.int().describe('Offset of the registration in the registry topic.'),
  warnings: z.array(z.string()).readonly()
})

const agentFields = {
  name: z.string(),
  version: z.string(),
  domain: z.string(),
  ownerTeam: z.string(),
  role: z.string(),
  status: z.string(),
  dependencies: z.array(z.string()).readonly(),
  maxConcurrent: z.int(),
  slaP95Ms: z.int(),
  latencyProfileMs: z.int().nullable(),
  costProfileMicros: z.int().nullable(),
  allowedModels: z.array(z.string()).readonly(),
  allowedTools: z.array(z.string()).readonly(),
  confidenceThreshold: z.number().nullable(),
  regions: z.array(z.string()).readonly(),
  fallback: z.string().nullable(),
  inboxPartitions: z.int(),
  answersPartitions: z.int(),
  registeredAtMs: z.int(),
  controlOffset: z.int()
}

/** In lists: capabilities without their schemas, so that ten thousand agents stay readable. */
export const agentListAnswer = z.object({
  agents: z.array(z.object({ ...agentFields, capabilities: z.array(z.object({ name: z.string(), contractHash: z.string() })) }))
})

export const agentAnswer = z.object({
  ...agentFields,
  capabilities: z.array(z.object({ name: z.string(), contractHash: z.string(), inputSchema: jsonSchema, outputSchema: jsonSchema.nullable() })),
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

export function agentItem ({ registration, offset }: Registered): z.output<typeof agentListAnswer>['agents'][number] {
  return { ...registration, capabilities: registration.capabilities.map(({ name, contractHash }) => ({ name, contractHash })), controlOffset: offset }
}

export function agentDetail (known: Registered, versions: readonly Registered[]): z.output<typeof agentAnswer> {
  const capabilities = known.registration.capabilities.map(({ name, contractHash, inputSchema, outputSchema }) =>
    ({ name, contractHash, inputSchema: parseSchema(inputSchema) ?? {}, outputSchema: parseSchema(outputSchema) }))
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
