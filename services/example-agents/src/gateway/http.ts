// POST /turns: what a person wrote goes into the mesh, the answer comes back.
import type { Logger } from '@mesh/runtime'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { z } from 'zod'
import { conversationId, turnText } from '../contracts/lead.ts'
import { gatewayProblem, type Problem, problemOf } from './problems.ts'
import type { Turn } from './turn-desk.ts'

export interface TurnAnswer {
  readonly conversationId: string
  readonly workflowId: string
  readonly dispatchId: string
  readonly reply: string
  readonly intent: string
  readonly slots: object
  readonly latencyMs: number
}

const bodyBytesMax = 32 * 1024
const retryAfterSeconds = 1

const turnBody = z.object({
  conversationId: conversationId.regex(/^\P{C}+$/u, { error: 'must have no control characters' }),
  // Halves of characters and NULs can't be kept in a database; no person writes them.
  text: z.string().transform(text => text.toWellFormed().replaceAll('\u0000', '')).pipe(turnText),
  sessionId: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, { error: 'must be 1 to 40 letters, digits and dashes' }).optional()
})

export function createHttp (take: (turn: Turn) => Promise<TurnAnswer>, logger: Logger): FastifyInstance {
  const app = Fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: 'idle' })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    if (problem.code === 'INTERNAL') logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a turn failed in the gateway')
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, gatewayProblem('NOT_FOUND', `${request.method} ${request.url.slice(0, 200)} does not exist.`)))
  app.post('/turns', request => take(turnBody.parse(request.body)))
  return app
}

function sendProblem (reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) void reply.header('retry-after', Math.ceil((problem.retryAfterMs ?? retryAfterSeconds * 1_000) / 1_000))
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}
