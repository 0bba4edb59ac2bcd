// The trace of a dispatch: back to where its workflow began, and forward to all that came of it.
//
// H1. An owner sees the hops with an agent of its team on either side, at their depth in the whole tree; of the others only
//     how many there are. A dispatch that it may not see is as unknown as one that does not exist.

import { buildTrace, traceAround } from '@mesh/trace'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { problemAnswer, refusals, traceAnswer } from './answers.ts'
import type { Asked, Asking } from './asking.ts'
import { isInScope } from './core/event-filter.ts'
import { ApiError } from './errors.ts'
import { traceParams, traceQuery } from './event-query.ts'
import type { TraceSource } from './trace-source.ts'

const eventsMax = 20_000

export interface TraceRoutePorts {
  readonly asking: Asking
  readonly traces: TraceSource
}

export function addTraceRoute (app: FastifyInstance, { asking, traces }: TraceRoutePorts): void {
  app.withTypeProvider<ZodTypeProvider>().get('/dispatches/:id/trace', {
    schema: { summary: 'A dispatch, what led to it, and what came of it', params: traceParams, querystring: traceQuery, response: { 200: traceAnswer, 404: problemAnswer, ...refusals } }
  }, (request, reply) => {
    const { params, query } = request
    return asking.answer(request, reply, { ...params, ...query }, asked => trace(params.id, query.whole === 'true', asked, traces))
  })
}

async function trace (dispatchId: string, whole: boolean, { scope, signal }: Asked, traces: TraceSource) {
  const unknown = () => new ApiError('NOT_FOUND', 'The archive knows no dispatch with this id that you may see.')
  const workflowId = await traces.workflowOf(dispatchId, signal)
  if (workflowId === undefined) throw unknown()
  const events = await traces.eventsOf(workflowId, eventsMax, signal) ?? []
  const traced = traceAround(buildTrace(events), dispatchId)
  const asked = traced?.find(({ relation }) => relation === 'asked')
  if (traced === undefined || asked === undefined || !isInScope(scope, asked)) throw unknown()
  const wanted = traced.filter(({ relation }) => whole || relation !== 'other')
  const hops = wanted.filter(hop => isInScope(scope, hop))
  return { rows: hops.length, body: { workflowId, hops, hopsHidden: wanted.length - hops.length, isComplete: events.length < eventsMax } }
}
