// What the endpoints answer, as JSON.

import { z } from 'zod'
import { apiCodes, type ApiCode } from './core/codes.ts'
import { eventFields } from './core/event-fields.ts'

const codes = Object.keys(apiCodes) as [ApiCode, ...ApiCode[]]

export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  retriable: z.boolean(),
  detail: z.string(),
  problems: z.array(z.object({ field: z.string(), message: z.string() }))
})

export const refusals = {
  400: problemAnswer, 401: problemAnswer, 403: problemAnswer, 429: problemAnswer, 500: problemAnswer, 503: problemAnswer, 504: problemAnswer
}

const fieldTypes = { text: z.string(), number: z.number(), time: z.string(), flag: z.boolean(), json: z.unknown() }
const event = z.object(Object.fromEntries(eventFields.map(({ name, kind }) => [name, fieldTypes[kind].nullable()])))

const range = { from: z.string(), to: z.string() }

export const searchAnswer = z.object({
  ...range,
  events: z.array(event),
  next: z.string().nullable().describe('Cursor of the next page; null where this is the last one.')
})

const latency = z.number().describe('Milliseconds from the append of the dispatch to the decision.')
export const aggregateAnswer = z.object({
  ...range,
  bucket: z.string(),
  by: z.string().nullable(),
  groups: z.array(z.object({
    at: z.string().describe('Begin of the hour or day.'),
    key: z.string().nullable().describe('Value of what is grouped by.'),
    events: z.int(),
    latencyMs: z.object({ p50: latency, p95: latency, p99: latency })
  }))
})

const place = { topic: z.string(), partition: z.int(), offset: z.number(), latencyMs: z.number(), at: z.string() }
const hop = z.object({
  relation: z.enum(['ancestor', 'asked', 'descendant', 'other']).describe('To the dispatch that is asked for.'),
  depth: z.int(), dispatchId: z.string(), parentId: z.string().nullable(), source: z.string().nullable(), target: z.string().nullable(),
  capability: z.string().nullable(), type: z.string().nullable(), priority: z.number().nullable(), ...place,
  totalMs: z.number().nullable(), agentMs: z.number().nullable(), outcome: z.string().nullable(), reason: z.string().nullable(),
  reply: z.object({ dispatchId: z.string(), type: z.string(), ...place }).nullable(),
  wait: z.object({ reason: z.string().nullable(), until: z.string(), waitedMs: z.number().nullable() }).nullable(),
  repeats: z.int(), anomaly: z.string().nullable()
})

export const traceAnswer = z.object({
  workflowId: z.string(),
  hops: z.array(hop).describe('In the order of the tree; ancestors lead to the origin, descendants came of it.'),
  hopsHidden: z.int().describe('Hops between agents of other teams, which an owner does not see.'),
  isComplete: z.boolean().describe('False where the workflow has more events than one trace reads.')
})
