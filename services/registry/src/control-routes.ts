// What operators change: quotas, the status of agents, and orders about circuits.

import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { circuitChangeAnswer, orderListAnswer, problemAnswer, quotaChangeAnswer, quotaListAnswer, refusals, statusChangeAnswer } from './answers.ts'
import type { ChangeResult } from './change-path.ts'
import { askedBody, askedChange, circuitBody, quotaBody, statusBody, toAskedQuota } from './change-request.ts'
import type { ControlChanges } from './control-changes.ts'
import type { ChangeStates } from './core/change-states.ts'
import { listOrders } from './core/circuit-orders.ts'
import { roles } from './core/field-rules.ts'
import { listQuotas, type QuotaState } from './core/quotas.ts'
import { agentName } from './field-schemas.ts'
import { sendProblem } from './problems.ts'

export interface ControlRoutePorts {
  readonly quotas: Pick<QuotaState, 'records' | 'defaults'>
  readonly changeStates: ChangeStates
  readonly changes: ControlChanges
}

const ofAgent = z.object({ name: agentName })

export function addControlRoutes (app: FastifyInstance, { quotas, changes, changeStates }: ControlRoutePorts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const quotaAnswers = { 200: quotaChangeAnswer, ...refusals }

  typed.get('/quotas', { schema: { summary: 'What every role, and every agent with a quota of its own, may dispatch', response: { 200: quotaListAnswer } } },
    () => ({ quotas: listQuotas(quotas) }))

  typed.put('/quotas/role/:role', {
    schema: { summary: 'Set the quota of a role', params: z.object({ role: z.enum(roles) }), body: quotaBody, response: quotaAnswers }
  }, async ({ params, body }, reply) => sendChange(reply, await changes.setQuota({ kind: 'role', name: params.role }, toAskedQuota(body), askedChange(body))))

  typed.put('/quotas/agent/:name', { schema: { summary: 'Give an agent a quota of its own', params: ofAgent, body: quotaBody, response: quotaAnswers } },
    async ({ params, body }, reply) => sendChange(reply, await changes.setQuota({ kind: 'agent', name: params.name }, toAskedQuota(body), askedChange(body))))

  typed.delete('/quotas/agent/:name', { schema: { summary: 'Give an agent its role\'s quota again', params: ofAgent, body: askedBody, response: quotaAnswers } },
    async ({ params, body }, reply) => sendChange(reply, await changes.unsetQuota({ kind: 'agent', name: params.name }, askedChange(body))))

  typed.put('/agents/:name/status', {
    schema: { summary: 'Pause, drain, resume or quarantine an agent', params: ofAgent, body: statusBody, response: { 200: statusChangeAnswer, 404: problemAnswer, ...refusals } }
  }, async ({ params, body }, reply) => sendChange(reply, await changes.setStatus(params.name, body.status, askedChange(body))))

  typed.get('/circuits', { schema: { summary: 'Orders about circuits; without one they are left to the measuring', response: { 200: orderListAnswer } } },
    () => ({ orders: listOrders(changeStates) }))

  typed.put('/circuits/:name', {
    schema: { summary: 'Hold an agent\'s circuit open or closed, or leave it to the measuring', params: ofAgent, body: circuitBody, response: { 200: circuitChangeAnswer, 404: problemAnswer, ...refusals } }
  }, async ({ params, body }, reply) => sendChange(reply, await changes.setCircuit(params.name, body.state, askedChange(body))))
}

export function sendChange (reply: FastifyReply, result: ChangeResult<unknown>): FastifyReply {
  if (result.outcome === 'refused') return sendProblem(reply, { code: result.code, detail: result.message, problems: result.problems })
  return reply.send(changeAnswerOf(result))
}

export function changeAnswerOf<V> ({ outcome, entity, before, after, warnings, changeId }: Exclude<ChangeResult<V>, { outcome: 'refused' }>) {
  return { entity, isChanged: outcome === 'changed', before, after, changeId: changeId ?? null, warnings }
}
