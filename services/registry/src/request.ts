// The registration request as JSON: its shape and bounds for validation and for the OpenAPI page.
//
// Q1. All problems of a request are reported together, each with the path of its field.
// Q2. Unknown fields are refused: a misspelled limit must not be silently ignored.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Capability } from '@mesh/schemas'
import { canonicalJson, jsonDepthMax } from './core/canonical-json.ts'
import { agentNameProblem, bounds, firstRepeated, roles, textRules, type TextRule } from './core/field-rules.ts'
import type { RegistrationRequest } from './core/register.ts'

export const text = (rule: TextRule) => z.string().regex(rule.pattern, { error: rule.says })
export const countUpTo = (max: number) => z.int().min(1).max(max)
export const amountUpTo = (max: number) => z.int().min(0).max(max)

/** A list without repeats; a capability or dependency named twice is a contradiction of the request with itself. */
const distinct = (entries: z.ZodType<string>, max: number) => z.array(entries).max(max).superRefine((items, context) => {
  const repeated = firstRepeated(items)
  if (repeated !== undefined) context.addIssue({ code: 'custom', message: `${repeated} is listed twice` })
})

const jsonSchema = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  if (canonicalJson(value) === undefined) context.addIssue({ code: 'custom', message: `must not be nested deeper than ${jsonDepthMax}` })
})

const capability = z.strictObject({
  name: text(textRules.capability),
  inputSchema: jsonSchema.describe('JSON Schema of the payload of a request or event.'),
  outputSchema: jsonSchema.nullish().describe('JSON Schema of the payload of a response; null for events.')
})

export const agentName = z.string().superRefine((name, context) => {
  const problem = agentNameProblem(name)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
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
  inboxPartitions: countUpTo(bounds.partitionsMax).nullish().describe(`Partitions of each inbox topic; fixed at first registration, ${bounds.inboxPartitionsDefault} if left out.`),
  answersPartitions: countUpTo(bounds.partitionsMax).nullish().describe(`Partitions of the answers topic; fixed at first registration, ${bounds.answersPartitionsDefault} if left out.`)
}).superRefine(({ dependencies, urgentCapabilities }, context) => {
  for (const [index, capability] of urgentCapabilities.entries()) {
    if (dependencies.includes(capability)) continue
    context.addIssue({ code: 'custom', path: ['urgentCapabilities', index], message: `${capability} is not among the dependencies, so it can't be asked for at all` })
  }
})

export type RegistrationBody = z.output<typeof registrationBody>

export function toRequest (body: RegistrationBody): RegistrationRequest {
  return {
    ...body,
    capabilities: body.capabilities.map(({ name, inputSchema, outputSchema }) => toCapability(name, inputSchema, outputSchema ?? null)),
    latencyProfileMs: body.latencyProfileMs ?? null,
    costProfileMicros: body.costProfileMicros ?? null,
    confidenceThreshold: body.confidenceThreshold ?? null,
    fallback: body.fallback ?? null,
    inboxPartitions: body.inboxPartitions ?? null,
    answersPartitions: body.answersPartitions ?? null
  }
}

function toCapability (name: string, input: unknown, output: unknown): Capability {
  const contractHash = createHash('sha256').update(canonicalJson({ input, output }) ?? '').digest('hex')
  return { name, inputSchema: canonicalJson(input) ?? '', outputSchema: output === null ? '' : canonicalJson(output) ?? '', contractHash }
}
