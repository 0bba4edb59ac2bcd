// The requests of operators as JSON: shape and bounds, for validation and for the OpenAPI page.

import { z } from 'zod'
import { agentStatuses } from './core/agent-status.ts'
import { circuitOrders } from './core/change-states.ts'
import type { AskedChange } from './core/control-change.ts'
import { bounds, textRules } from './core/field-rules.ts'
import type { Hold } from './core/holds.ts'
import { overlapMsDefault } from './core/keys.ts'
import type { AskedQuota } from './core/quotas.ts'
import { numberIn, text } from './field-schemas.ts'
import { keyBody } from './request.ts'

const asked = {
  who: text(textRules.text).describe('Who asks for the change.'),
  why: text(textRules.reason).nullish().describe('Why, in their words.')
}

export const askedBody = z.strictObject(asked)

export const quotaBody = z.strictObject({
  ratePerS: numberIn(bounds.ratePerSMin, bounds.ratePerSMax, 'a number of dispatches per second', false).describe('Requests and events per second.'),
  burst: numberIn(1, bounds.burstMax, 'a whole number', true).optional().describe('Dispatches that may go at once after a pause; one second\'s worth, at least 1, if left out.'),
  outstandingMax: numberIn(0, bounds.outstandingRecordsMax, 'a whole number', true).optional().describe('Dispatches over the rate that may wait; 100,000 if left out.'),
  ...asked
})

export const statusBody = z.strictObject({
  status: z.enum(agentStatuses).describe('paused: dispatches for it wait; draining: it gets no new ones; quarantined: it may neither send nor receive.'),
  ...asked
})

export const circuitBody = z.strictObject({
  state: z.enum(circuitOrders).nullable().describe('open: callers get the fallback; closed: everything goes through; null: as measured.'),
  ...asked
})

const instantMs = numberIn(0, Date.UTC(9999, 11, 31), 'milliseconds since 1970', true)

export const holdBody = z.strictObject({
  fromMs: instantMs.describe('First instant that is held.'),
  toMs: instantMs.describe('Last instant that is held.'),
  workflow: text(textRules.text).nullish().describe('What it is about; whole days are held all the same.'),
  agent: text(textRules.word).nullish().describe('Whom it is about; whole days are held all the same.'),
  ...asked,
  why: text(textRules.reason).describe('Why, in their words.')
})

export const rotationBody = z.strictObject({
  key: keyBody,
  overlapMs: numberIn(0, bounds.overlapMsMax, 'a whole number of milliseconds', true).default(overlapMsDefault).describe('How long the other keys go on; a day if left out.'),
  ...asked
})

export const redriveBody = z.strictObject({
  again: z.boolean().default(false).describe('Send it again although it was sent again or discarded before.'),
  ...asked
})

export const discardBody = z.strictObject({ ...asked, why: text(textRules.reason).describe('Why, in their words.') })

export function askedChange ({ who, why }: z.output<typeof askedBody>): AskedChange {
  return { who, why: why ?? null }
}

export function toHold ({ fromMs, toMs, workflow, agent }: z.output<typeof holdBody>): Hold {
  return { fromMs, toMs, workflow: workflow ?? null, agent: agent ?? null }
}

export function toAskedQuota ({ ratePerS, burst, outstandingMax }: z.output<typeof quotaBody>): AskedQuota {
  return { ratePerS, burst: burst ?? null, outstandingMax: outstandingMax ?? null }
}
