// The registration request as JSON: its shape and bounds for validation and for the OpenAPI page.
//
// Q1. All problems of a request are reported together, each with the path of its field.
// Q2. Unknown fields are refused: a misspelled limit must not be silently ignored.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Capability } from '@mesh/schemas'
import { isPossessed, keyIdOf } from '@mesh/signing'
import { canonicalJson, jsonDepthMax } from './core/canonical-json.ts'
import { bounds, firstRepeated, roles, textRules } from './core/field-rules.ts'
import type { OfferedKey } from './core/keys.ts'
import type { RegistrationRequest } from './core/register.ts'
import { chainLimitsBody, fallbackBody, idleTimeoutBody, retryBody, toChainLimits, toFallback, toRetry } from './failure-handling-request.ts'
import { agentName, amountUpTo, countUpTo, distinct, text } from './field-schemas.ts'

const jsonSchema = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  if (canonicalJson(value) === undefined) context.addIssue({ code: 'custom', message: `must not be nested deeper than ${jsonDepthMax}` })
})

const capability = z.strictObject({
  name: text(textRules.capability),
  inputSchema: jsonSchema.describe('JSON Schema of the payload of a request or event.'),
  outputSchema: jsonSchema.nullish().describe('JSON Schema of the payload of a response; null for events.'),
  retry: retryBody.nullish().describe('When and how often a failed request is handed over again; left out for never.'),
  idleTimeoutMs: idleTimeoutBody.nullish().describe('Expiry of a request from delivery or the last progress, within its deadline; left out for none.'),
  fallback: fallbackBody.nullish().describe('What callers get while the circuit is open; left out for what the agent says, else a typed error.'),
  chainLimits: chainLimitsBody.nullish().describe('Bounds on chains that end here; go before those of the agent.')
})

export const keyBody = z.strictObject({
  publicKey: z.base64url().length(43).describe('Ed25519 public key, its 32 bytes in base64url.'),
  possession: z.base64url().length(86).describe('Signature with the private half over mesh.key-possession.v1, the agent\'s name and the key id, each ended by a zero byte.')
})

export const registrationBody = z.strictObject({
  name: agentName.describe('Names the agent and its topics.'),
  version: text(textRules.version).describe('Semantic version.'),
  domain: text(textRules.word).describe('Business domain.'),
  ownerTeam: text(textRules.text).describe('Team that answers for it; the name belongs to this team.'),
  role: z.enum(roles).describe('Quota class.'),
  capabilities: z.array(capability).max(bounds.capabilitiesMax).superRefine((capabilities, context) => {
    const repeated = firstRepeated(capabilities.map(entry => entry.name))
    if (repeated !== undefined) context.addIssue({ code: 'custom', message: `${repeated} has two contracts in this request` })
  }).describe('What it can be asked for, with contracts.'),
  dependencies: distinct(text(textRules.capability), bounds.dependenciesMax).default([]).describe('Capabilities that it may ask for.'),
  maxConcurrent: countUpTo(bounds.maxConcurrentMax).describe('Handlers it runs at once, over all instances.'),
  slaP95Ms: countUpTo(bounds.durationMsMax).describe('95th percentile of handler time that it promises.'),
  latencyProfileMs: amountUpTo(bounds.durationMsMax).nullish().describe('Typical handler time.'),
  costProfileMicros: amountUpTo(bounds.costMicrosMax).nullish().describe('Typical cost of a call, millionths of the billing currency.'),
  allowedModels: distinct(text(textRules.text), bounds.allowedMax).default([]).describe('Models it may call.'),
  allowedTools: distinct(text(textRules.text), bounds.allowedMax).default([]).describe('Tools it may call.'),
  confidenceThreshold: z.number().min(0).max(1).nullish().describe('Answers below this confidence go to the fallback.'),
  regions: distinct(text(textRules.word), bounds.regionsMax).default([]).describe('Regions it runs in; empty for any.'),
  urgentCapabilities: distinct(text(textRules.capability), bounds.dependenciesMax).default([]).describe('Those of its dependencies that it may ask for as P0 when it starts a workflow.'),
  fallback: text(textRules.capability).nullish().describe('Capability offered to callers while this agent is unavailable.'),
  chainLimits: chainLimitsBody.nullish().describe('Bounds on chains that end at this agent; those of the mesh where left out.'),
  inboxPartitions: countUpTo(bounds.partitionsMax).nullish().describe(`Partitions of each inbox topic; fixed at first registration, ${bounds.inboxPartitionsDefault} if left out.`),
  key: keyBody.optional().describe('What the agent signs with. The first one is taken; a further one needs an operator.'),
  answersPartitions: countUpTo(bounds.partitionsMax).nullish().describe(`Partitions of the answers topic; fixed at first registration, ${bounds.answersPartitionsDefault} if left out.`)
}).superRefine(({ dependencies, urgentCapabilities }, context) => {
  for (const [index, capability] of urgentCapabilities.entries()) {
    if (dependencies.includes(capability)) continue
    context.addIssue({ code: 'custom', path: ['urgentCapabilities', index], message: `${capability} is not among the dependencies, so it can't be asked for at all` })
  }
})

export type RegistrationBody = z.output<typeof registrationBody>

/** The key is no part of the registration. */
export function toRequest ({ key: _key, ...body }: RegistrationBody): RegistrationRequest {
  return {
    ...body,
    capabilities: body.capabilities.map(toCapability),
    latencyProfileMs: body.latencyProfileMs ?? null,
    costProfileMicros: body.costProfileMicros ?? null,
    confidenceThreshold: body.confidenceThreshold ?? null,
    fallback: body.fallback ?? null,
    chainLimits: toChainLimits(body.chainLimits),
    inboxPartitions: body.inboxPartitions ?? null,
    answersPartitions: body.answersPartitions ?? null
  }
}

export function toOfferedKey (agent: string, { publicKey, possession }: z.output<typeof keyBody>): OfferedKey {
  const bytes = Buffer.from(publicKey, 'base64url')
  return { keyId: keyIdOf(bytes), publicKey: bytes, isPossessed: isPossessed(bytes, agent, Buffer.from(possession, 'base64url')) }
}

function toCapability ({ name, inputSchema: input, outputSchema, retry, idleTimeoutMs, fallback, chainLimits }: RegistrationBody['capabilities'][number]): Capability {
  const output = outputSchema ?? null
  const contractHash = createHash('sha256').update(canonicalJson({ input, output }) ?? '').digest('hex')
  return {
    name, inputSchema: canonicalJson(input) ?? '', outputSchema: output === null ? '' : canonicalJson(output) ?? '', contractHash,
    retry: toRetry(retry), idleTimeoutMs: idleTimeoutMs ?? null, fallback: toFallback(fallback), chainLimits: toChainLimits(chainLimits)
  }
}
