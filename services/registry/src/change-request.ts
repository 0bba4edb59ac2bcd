// The requests of operators as JSON: shape and bounds, for validation and for the OpenAPI page.

import { z } from 'zod'
import { agentStatuses } from './core/agent-status.ts'
import type { AskedChange } from './core/control-change.ts'
import { bounds, textRules } from './core/field-rules.ts'
import type { AskedQuota } from './core/quotas.ts'
import { text } from './request.ts'

const asked = {
  who: text(textRules.text).describe('Who asks for the change.'),
  why: text(textRules.reason).nullish().describe('Why, in their words.')
}

/** A number that JSON can't carry (NaN, infinity) arrives as null, or not at all. */
const number = (min: number, max: number, what: string, isWhole: boolean) => {
  const error = `must be ${what} from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`
  return (isWhole ? z.int({ error }) : z.number({ error })).min(min, { error }).max(max, { error })
}

export const askedBody = z.strictObject(asked)

export const quotaBody = z.strictObject({
  ratePerS: number(bounds.ratePerSMin, bounds.ratePerSMax, 'a number of dispatches per second', false).describe('Requests and events per second.'),
  burst: number(1, bounds.burstMax, 'a whole number', true).optional().describe('Dispatches that may go at once after a pause; one second\'s worth, at least 1, if left out.'),
  outstandingMax: number(0, bounds.outstandingRecordsMax, 'a whole number', true).optional().describe('Dispatches over the rate that may wait; 100,000 if left out.'),
  ...asked
})

export const statusBody = z.strictObject({
  status: z.enum(agentStatuses).describe('paused: dispatches for it wait; draining: it gets no new ones; quarantined: it may neither send nor receive.'),
  ...asked
})

export function askedChange ({ who, why }: z.output<typeof askedBody>): AskedChange {
  return { who, why: why ?? null }
}

export function toAskedQuota ({ ratePerS, burst, outstandingMax }: z.output<typeof quotaBody>): AskedQuota {
  return { ratePerS, burst: burst ?? null, outstandingMax: outstandingMax ?? null }
}
