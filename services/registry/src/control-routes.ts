// What operators change: quotas and the status of agents.

import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problemAnswer, quotaChangeAnswer, quotaListAnswer, refusals, statusChangeAnswer } from './answers.ts'
import { askedBody, askedChange, quotaBody, statusBody, toAskedQuota } from './change-request.ts'
import type { ChangeResult, ControlChanges } from './control-changes.ts'
import { roles } from './core/field-rules.ts'
import { listQuotas, type QuotaState } from './core/quotas.ts'
import { sendProblem } from './problems.ts'
import { agentName } from './request.ts'

export interface ControlRoutePorts {
  readonly quotas: Pick<QuotaState, 'records' | 'defaults'>
  readonly changes: ControlChanges
}

const ofAgent = z.object({ name: agentName })

export function addControlRoutes (app: FastifyInstance, { quotas, changes }: ControlRoutePorts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const quotaAnswers = { 200: quotaChangeAnswer, ...refusals }

  typed.get('/quotas', { schema: { summary: 'What every role, and every agent with a quota of its own, may dispatch', response: { 200: quotaListAnswer } } },
    () => ({ quotas: listQuotas(quotas) }))

  typed.put('/quotas/role/:role', {
    schema: { summary: 'Set the quota of a role', params: z.object({ role: z.enum(roles) }), body: quotaBody, response: quotaAnswers }
  }, async ({ params, body }, reply) => answer(reply, await changes.setQuota({ kind: 'role', name: params.role }, toAskedQuota(body), askedChange(body))))

  typed.put('/quotas/agent/:name', { schema: { summary: 'Give an agent a quota of its own', params: ofAgent, body: quotaBody, response: quotaAnswers } },
    async ({ params, body }, reply) => answer(reply, await changes.setQuota({ kind: 'agent', name: params.name }, toAskedQuota(body), askedChange(body))))

  typed.delete('/quotas/agent/:name', { schema: { summary: 'Give an agent its role\'s quota again', params: ofAgent, body: askedBody, response: quotaAnswers } },
    async ({ params, body }, reply) => answer(reply, await changes.unsetQuota({ kind: 'agent', name: params.name }, askedChange(body))))

  typed.put('/agents/:name/status', {
    schema: { summary: 'Pause, drain, resume or quarantine an agent', params: ofAgent, body: statusBody, response: { 200: statusChangeAnswer, 404: problemAnswer, ...refusals } }
  }, async ({ params, body }, reply) => answer(reply, await changes.setStatus(params.name, body.status, askedChange(body))))
}

function answer (reply: FastifyReply, result: ChangeResult<unknown>): FastifyReply {
  if (result.outcome === 'refused') return sendProblem(reply, { code: result.code, detail: result.message, problems: result.problems })
  const { entity, before, after, warnings, changeId } = result
  return reply.send({ entity, isChanged: result.outcome === 'changed', before, after, changeId: changeId ?? null, warnings })
}
