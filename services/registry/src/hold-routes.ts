// Legal holds of the audit archive: who asks for one is audited, and the archiver obeys.

import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { holdChangeAnswer, holdListAnswer, refusals } from './answers.ts'
import { askedBody, askedChange, holdBody, toHold } from './change-request.ts'
import type { ControlChanges } from './control-changes.ts'
import { sendChange } from './control-routes.ts'
import type { ChangeStates } from './core/change-states.ts'
import { textRules } from './core/field-rules.ts'
import { text } from './field-schemas.ts'

const params = z.object({ holdId: text(textRules.word) })

export interface HoldRoutePorts { readonly changes: ControlChanges, readonly changeStates: ChangeStates }

export function addHoldRoutes (app: FastifyInstance, { changes, changeStates }: HoldRoutePorts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const response = { 200: holdChangeAnswer, ...refusals }

  typed.get('/holds', { schema: { summary: 'Legal holds that this registry remembers; the archive knows all', response: { 200: holdListAnswer } } },
    () => ({ holds: [...changeStates.holds].map(([holdId, hold]) => ({ holdId, ...hold })) }))

  typed.put('/holds/:holdId', { schema: { summary: 'Keep the archive of some days, whatever its retention', params, body: holdBody, response } },
    async ({ params, body }, reply) => sendChange(reply, await changes.setHold(params.holdId, toHold(body), askedChange(body))))

  typed.delete('/holds/:holdId', { schema: { summary: 'End a legal hold', params, body: askedBody, response } },
    async ({ params, body }, reply) => sendChange(reply, await changes.releaseHold(params.holdId, askedChange(body))))
}
