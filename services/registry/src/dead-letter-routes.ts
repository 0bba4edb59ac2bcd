// What operators do with dead letters, over HTTP.

import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { deadLetterChangeAnswer, problemAnswer, redriveAnswer, refusals } from './answers.ts'
import { askedChange, discardBody, redriveBody } from './change-request.ts'
import { changeAnswerOf } from './control-routes.ts'
import type { DeadLetters } from './dead-letters.ts'
import { bounds } from './core/field-rules.ts'
import { sendProblem } from './problems.ts'

const place = z.object({
  partition: z.coerce.number().pipe(z.int().min(0).max(bounds.deadLetterPartitionMax)),
  offset: z.coerce.number().pipe(z.int().min(0).max(Number.MAX_SAFE_INTEGER))
})

export function addDeadLetterRoutes (app: FastifyInstance, { deadLetters }: { readonly deadLetters: DeadLetters }): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.post('/dead-letters/:partition/:offset/redrive', {
    schema: { summary: 'Send a dead letter again, through every check', params: place, body: redriveBody, response: { 200: redriveAnswer, 404: problemAnswer, ...refusals } }
  }, async ({ params, body }, reply) => {
    const result = await deadLetters.redrive(params, { ...askedChange(body), again: body.again })
    if (result.outcome === 'refused') return sendProblem(reply, { code: result.code, detail: result.message, problems: result.problems })
    return reply.send({ ...changeAnswerOf(result), redriven: result.redriven! })
  })

  typed.post('/dead-letters/:partition/:offset/discard', {
    schema: { summary: 'Say that a dead letter needs nothing more', params: place, body: discardBody, response: { 200: deadLetterChangeAnswer, 404: problemAnswer, ...refusals } }
  }, async ({ params, body }, reply) => {
    const result = await deadLetters.discard(params, askedChange(body))
    if (result.outcome === 'refused') return sendProblem(reply, { code: result.code, detail: result.message, problems: result.problems })
    return reply.send(changeAnswerOf(result))
  })
}
